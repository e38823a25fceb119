// The generated parts of docs/figures.md, from a run of the suite.
import { EMBEDDED, fanOutName, RESGATE, SOCKET_IO, shapes } from "../fan-out/shapes.ts"
import { type Spread, spreadOf } from "../figures/figures.ts"
import { type Unit, type Verdict, verdicts, type Wanted } from "../figures/goals.ts"
import { busyness, type Run } from "../figures/run.ts"
import { postName, publishFigures } from "../publish/loads.ts"
import type { SystemName } from "../references/systems.ts"
import { sessionsName, sessionsShapes } from "../sessions/shapes.ts"
import { SHOWN, UNWATCHED, WATCHED } from "../shop/names.ts"
import { number, table, withMarked } from "./markdown.ts"

/** What the load should reach where nearly nothing is done, in requests a second. */
const LOAD_ENOUGH = 40_000
const BARE: SystemName = "bare node:http"
const NOTHING = ""
const NOT_MEASURED = "not measured"

/** Replaces the generated parts of `docs/figures.md`. */
export function withFigures(page: string, run: Run): string {
  return withMarked(page, {
    run: runText(run),
    goals: goalTable(run),
    publish: publishTable(run),
    shop: shopTable(run),
    "fan-out": fanOutTable(run),
    sessions: sessionsTable(run),
  })
}

/** Where and when, and whether that says anything. */
export function runText(run: Run): string {
  const { cores, processor, memoryGib, node } = run.machine
  const commit = run.commit === undefined ? "" : `, commit \`${run.commit}\``
  const lines = [
    `Measured on ${run.measuredAt.slice(0, 10)}${commit}: ${cores} cores (${processor}), ${memoryGib} GiB, Node ${node}; ${run.rounds} rounds in`,
    `${number(run.took / 60)} minutes.`,
  ]
  const busy = busyness(run)
  if (busy !== undefined) {
    const { othersPercent, loadAverage, tooBusy } = busy
    lines.push(
      `Other processes took ${spreadText(othersPercent)} % of the CPU; load average ${spreadText(loadAverage)}.`,
      ...(tooBusy
        ? [
            "**The machine was too busy to tell**: these figures say more about what else it did than about the product.",
          ]
        : []),
    )
  }
  const most = spreadOf(run.figures, postName(16), BARE, "perSecond")?.median
  if (most !== undefined) {
    const short =
      most < LOAD_ENOUGH ? `: less than ${number(LOAD_ENOUGH)}, so the load itself may limit what is measured` : ""
    lines.push(`The load reached ${number(most)} requests/s with ${BARE}${short}.`)
  }
  if (run.missing.length > 0) lines.push("", ...run.missing.map((reason) => `- Missing: ${reason}.`))
  return lines.join("\n")
}

function goalTable(run: Run): string {
  const tooBusy = busyness(run)?.tooBusy ?? false
  const rows = verdicts(run.figures).map((verdict) => [
    verdict.goal,
    wantedText(verdict),
    verdict.value === undefined ? NOTHING : valueText(verdict.value, verdict.unit),
    verdictText(verdict, tooBusy),
  ])
  return table(["goal", "wanted", "measured", ""], rows)
}

function verdictText({ reached }: Verdict, tooBusy: boolean): string {
  if (reached === undefined) return NOT_MEASURED
  return `${reached ? "reached" : "**not reached**"}${tooBusy ? ", too busy to tell" : ""}`
}

function wantedText({ wanted, unit }: { wanted: Wanted; unit: Unit }): string {
  return "atLeast" in wanted ? `at least ${valueText(wanted.atLeast, unit)}` : `below ${valueText(wanted.below, unit)}`
}

function valueText(value: number, unit: Unit): string {
  return `${value < 10 ? number2(value) : number(value)} ${unit}`
}

function publishTable(run: Run): string {
  const rows = publishFigures.flatMap(({ name, systems }) =>
    systems.flatMap((system): string[][] => {
      const of = (metric: string) => spreadOf(run.figures, name, system, metric)
      const rate = of("perSecond")
      if (rate === undefined) return []
      return [[name, own(system), spreadText(rate), msText(of("p50Ms")), msText(of("p99Ms")), cpuText(of)]]
    }),
  )
  return table(["load", "system", "events/s", "p50", "p99", "CPU of a request"], rows)
}

function shopTable(run: Run): string {
  const rows = [SHOWN, UNWATCHED, WATCHED].map((name) => {
    const of = (metric: string) => spreadOf(run.figures, name, "shopwire", metric)
    const rate = of("perSecond")
    return [
      name,
      rate === undefined ? NOTHING : spreadText(rate),
      msText(of("p50Ms")),
      msText(of("p99Ms")),
      cpuText(of),
    ]
  })
  return table(["", "events/s", "p50", "p99", "CPU of a POST"], rows)
}

function fanOutTable(run: Run): string {
  const systems = [EMBEDDED, SOCKET_IO, RESGATE]
  const row = (title: string, name: string, metric: string, text: (found: Spread) => string) => [
    title,
    ...systems.map((system) => {
      const found = spreadOf(run.figures, name, system, metric)
      return found === undefined ? NOT_MEASURED : text(found)
    }),
  ]
  const rows = shapes.flatMap((shape) => {
    const name = fanOutName(shape)
    return [
      row(`${name}: deliveries/s`, name, "perSecond", spreadText),
      row("deliveries per CPU second", name, "perCpuSecond", ({ median }) => number(median)),
      row("p99 when calm", name, "calmP99Ms", msText),
      row("memory when idle", name, "idleMiB", ({ median }) => `${number(median)} MiB`),
    ]
  })
  return table(["", ...systems], rows)
}

function sessionsTable(run: Run): string {
  const rows = sessionsShapes.flatMap(({ sessions, members, runs }) =>
    runs.map((kind) => {
      const name = sessionsName(sessions, members, kind)
      const of = (metric: string) => spreadOf(run.figures, name, "shopwire", metric)
      const medians = (metrics: readonly string[]) =>
        metrics.map((metric) => number2(of(metric)?.median ?? Number.NaN)).join(", ")
      const rate = of("perSecond")
      if (rate === undefined) return [name, NOT_MEASURED, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING]
      return [
        name,
        number(of("updatesPerSecond")?.median ?? 0),
        spreadText(rate),
        msText(of("p50Ms")),
        msText(of("p99Ms")),
        medians(["serviceCpuPerSecond", "edgeCpuPerSecond", "natsCpuPerSecond"]),
        `${medians(["serviceMiB", "edgeMiB"])} MiB`,
      ]
    }),
  )
  const head = ["", "updates/s", "deliveries/s", "p50", "p99", "CPU s/s: service, edge, nats", "RSS: service, edge"]
  return table(head, rows)
}

/** Of one request: all processes, and each. */
function cpuText(of: (metric: string) => Spread | undefined): string {
  const all = of("cpuMicros")
  if (all === undefined) return NOTHING
  const parts = ["edge", "service", "server", "nats", "gateway"].flatMap((part) => {
    const micros = of(`${part}CpuMicros`)
    return micros === undefined ? [] : [`${part} ${number(micros.median)}`]
  })
  return `${number(all.median)} µs: ${parts.join(", ")}`
}

/** Our own one stands out. */
function own(system: string): string {
  return system === "shopwire" ? "**shopwire**" : system
}

/** The median; the least and the greatest in brackets, where they differ. */
export function spreadText({ median, least, most }: Spread): string {
  const [middle, low, high] = [median, least, most].map(number)
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`
}

function msText(found: Spread | undefined): string {
  return found === undefined ? NOTHING : `${number2(found.median)} ms`
}

function number2(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 })
}
