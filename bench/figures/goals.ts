// What the product wants to reach, within one run: ratios to what it stands beside, and limits. Issue 17 has the reasons.

import { EMBEDDED, fanOutName, RESGATE, SOCKET_IO, shapes } from "../fan-out/shapes.ts"
import { arrayName, keyedName, postName } from "../publish/loads.ts"
import { COUNTED } from "../references/systems.ts"
import { sessionsName } from "../sessions/shapes.ts"
import { SHOWN, UNWATCHED, WATCHED } from "../shop/names.ts"
import { type Figure, spreadOf } from "./figures.ts"

/** A goal, and what a run says about it. */
export interface Verdict {
  readonly goal: string
  /** Of `value` and `wanted`. */
  readonly unit: Unit
  readonly wanted: Wanted
  /** Undefined: the run lacks a figure that it takes. */
  readonly value: number | undefined
  readonly reached: boolean | undefined
}

/** `x`: times as much as what the goal names. */
export type Unit = "x" | "ms" | "events/s" | "deliveries/s"

export type Wanted = { readonly atLeast: number } | { readonly below: number }

/** The median of a metric over the rounds. */
interface Source {
  readonly name: string
  /** Default: shopwire. */
  readonly system?: string
  readonly metric: string
}

interface Goal extends Pick<Verdict, "goal" | "unit" | "wanted"> {
  readonly of: Source
  /** What it is divided by. Default: nothing. */
  readonly by?: Source
}

const METRICS = { perSecond: "rate", p50Ms: "p50", p99Ms: "p99" }
type Metric = keyof typeof METRICS

const goals: readonly Goal[] = [
  ...[16, 64].flatMap((connections) => [
    compared(postName(connections), "perSecond", "FastAPI", { atLeast: 2 }),
    compared(postName(connections), "perSecond", "Express", { atLeast: 1.3 }),
    compared(postName(connections), "p99Ms", "FastAPI", { below: 1 }),
    compared(postName(connections), "p99Ms", "Express", { below: 1 }),
    {
      goal: `${keyedName(connections)}: rate, compared with POSTs without a key`,
      unit: "x" as const,
      wanted: { atLeast: 0.8 },
      of: { name: keyedName(connections), metric: "perSecond" },
      by: { name: postName(connections), metric: "perSecond" },
    },
  ]),
  compared(postName(1), "perSecond", "bare path", { atLeast: 0.8 }),
  {
    goal: `${postName(64)}: rate with METRICS_PORT, compared with none`,
    unit: "x",
    wanted: { atLeast: 0.98 },
    of: { name: postName(64), system: COUNTED, metric: "perSecond" },
    by: { name: postName(64), system: "shopwire", metric: "perSecond" },
  },
  limited(postName(1), "p50Ms", { below: 0.45 }),
  limited(arrayName(100), "perSecond", { atLeast: 30_000 }),
  limited(SHOWN, "p50Ms", { below: 2 }),
  limited(SHOWN, "p99Ms", { below: 10 }),
  {
    goal: "POST to one shop, 16 at a time: rate with 100 watchers, compared with none",
    unit: "x",
    wanted: { atLeast: 0.7 },
    of: { name: WATCHED, metric: "perSecond" },
    by: { name: UNWATCHED, metric: "perSecond" },
  },
  ...shapes.map((shape) => compared(fanOutName(shape), "perSecond", SOCKET_IO, { atLeast: 3 }, EMBEDDED)),
  compared(fanOutName({ collections: 1, subscribers: 5000 }), "perSecond", RESGATE, { atLeast: 3 }, EMBEDDED),
  limited(sessionsName(1000, 4, "closed"), "perSecond", { atLeast: 20_000 }, "deliveries/s"),
]

function compared(name: string, metric: Metric, other: string, wanted: Wanted, system = "shopwire"): Goal {
  const goal = `${name}: ${METRICS[metric]}, compared with ${other}`
  return { goal, unit: "x", wanted, of: { name, system, metric }, by: { name, system: other, metric } }
}

function limited(
  name: string,
  metric: Metric,
  wanted: Wanted,
  unit: Unit = metric === "perSecond" ? "events/s" : "ms",
): Goal {
  return { goal: `${name}: ${metric === "perSecond" ? unit : METRICS[metric]}`, unit, wanted, of: { name, metric } }
}

/** What some figures say about each goal. */
export function verdicts(figures: readonly Figure[]): Verdict[] {
  const median = ({ name, system = "shopwire", metric }: Source) => spreadOf(figures, name, system, metric)?.median
  return goals.map(({ goal, unit, wanted, of, by }) => {
    const value = by === undefined ? median(of) : ratio(median(of), median(by))
    return { goal, unit, wanted, value, reached: value === undefined ? undefined : reaches(value, wanted) }
  })
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b
}

function reaches(value: number, wanted: Wanted): boolean {
  return "atLeast" in wanted ? value >= wanted.atLeast : value < wanted.below
}
