// What the product wants to reach, within one run: ratios to what it stands beside, and limits. Issue 17 has the reasons.
import { arrayName, keyedName, postName } from "../publish/loads.ts"
import type { SystemName } from "../references/systems.ts"
import { type Figure, spreadOf } from "./figures.ts"

/** A goal, and what a run says about it. */
export interface Verdict {
  readonly goal: string
  /** Undefined: the run lacks a figure that it takes. */
  readonly value: number | undefined
  readonly wanted: Wanted
  readonly reached: boolean | undefined
}

export type Wanted = { readonly atLeast: number } | { readonly below: number }

interface Goal {
  readonly goal: string
  readonly wanted: Wanted
  value(median: Median): number | undefined
}

/** Of a metric over the rounds. */
type Median = (name: string, metric: string, system?: SystemName) => number | undefined

const goals: readonly Goal[] = [
  ...[16, 64].flatMap((connections): Goal[] => {
    const name = postName(connections)
    const against = (metric: string, system: SystemName) => (median: Median) =>
      ratio(median(name, metric), median(name, metric, system))
    const keyed = (median: Median) => ratio(median(keyedName(connections), "perSecond"), median(name, "perSecond"))
    return [
      { goal: `${name}: events/s, of FastAPI's`, wanted: { atLeast: 2 }, value: against("perSecond", "FastAPI") },
      { goal: `${name}: events/s, of Express's`, wanted: { atLeast: 1.3 }, value: against("perSecond", "Express") },
      { goal: `${name}: p99, of FastAPI's`, wanted: { below: 1 }, value: against("p99Ms", "FastAPI") },
      { goal: `${name}: p99, of Express's`, wanted: { below: 1 }, value: against("p99Ms", "Express") },
      { goal: `${keyedName(connections)}: events/s, of those without`, wanted: { atLeast: 0.8 }, value: keyed },
    ]
  }),
  {
    goal: `${postName(1)}: events/s, of the bare path's`,
    wanted: { atLeast: 0.8 },
    value: (median) => ratio(median(postName(1), "perSecond"), median(postName(1), "perSecond", "bare path")),
  },
  { goal: `${postName(1)}: p50, ms`, wanted: { below: 0.45 }, value: (median) => median(postName(1), "p50Ms") },
  {
    goal: `${arrayName(100)}: events/s`,
    wanted: { atLeast: 30_000 },
    value: (median) => median(arrayName(100), "perSecond"),
  },
]

/** What some figures say about each goal. */
export function verdicts(figures: readonly Figure[]): Verdict[] {
  const median: Median = (name, metric, system = "shopwire") => spreadOf(figures, name, system, metric)?.median
  return goals.map(({ goal, wanted, value }) => {
    const found = value(median)
    return { goal, value: found, wanted, reached: found === undefined ? undefined : reaches(found, wanted) }
  })
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b
}

function reaches(value: number, wanted: Wanted): boolean {
  return "atLeast" in wanted ? value >= wanted.atLeast : value < wanted.below
}
