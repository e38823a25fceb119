import { constants, type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks"
import { counter, gauge } from "./metrics.ts"

/** How exactly delays of the event loop are measured, in ms. */
const RESOLUTION_MS = 10
const NS_PER_SECOND = 1e9
const US_PER_SECOND = 1e6

/** Upper bounds for the time of one garbage collection, in seconds. */
const GC_BOUNDS = [0.001, 0.01, 0.1, 1, 2, 5]
const gcKinds: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"],
])

/** How long garbage collections of one kind took, in seconds. */
interface Collections {
  /** For each bound: how many took at most so long. */
  readonly within: number[]
  count: number
  sum: number
}

/** The kind of a garbage collection. Source: Node, "Garbage Collection ('gc') Details"; its types lack them. */
function kindOf(entry: object): string {
  const detail: unknown = Reflect.get(entry, "detail")
  return typeof detail === "object" && detail !== null && "kind" in detail
    ? (gcKinds.get(detail.kind) ?? "other")
    : "other"
}

/**
 * How the gateway's process does: processor, memory, event loop, garbage collection. Resgate has none of these; the names are those of
 * prom-client 15 for Node, so that one dashboard shows all processes.
 */
export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #collections = new Map<string, Collections>()
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#note(kindOf(entry), entry.duration / 1000)
  })

  constructor() {
    this.#delay.enable()
    this.#observer.observe({ entryTypes: ["gc"] })
  }

  stop(): void {
    this.#delay.disable()
    this.#observer.disconnect()
  }

  /** The lines for the OpenMetrics text. The delays are those since the last call. */
  lines(): string[] {
    const { user, system } = process.cpuUsage()
    const lines = [
      ...counter("process_cpu_seconds", "Processor time of the process.", [["", (user + system) / US_PER_SECOND]]),
      ...gauge("process_resident_memory_bytes", "Resident memory of the process.", process.memoryUsage.rss()),
      ...this.#lag("p50", this.#delay.percentile(50)),
      ...this.#lag("p99", this.#delay.percentile(99)),
      ...this.#lag("max", this.#delay.max),
      ...this.#collectionLines(),
    ]
    this.#delay.reset()
    return lines
  }

  #lag(which: string, ns: number): string[] {
    const help = `Delay of the event loop since the last scrape: ${which}.`
    return gauge(`nodejs_eventloop_lag_${which}_seconds`, help, ns / NS_PER_SECOND)
  }

  #note(kind: string, seconds: number): void {
    const collections = this.#collections.get(kind) ?? { within: GC_BOUNDS.map(() => 0), count: 0, sum: 0 }
    this.#collections.set(kind, collections)
    for (const [i, bound] of GC_BOUNDS.entries())
      if (seconds <= bound) collections.within[i] = (collections.within[i] ?? 0) + 1
    collections.count++
    collections.sum += seconds
  }

  #collectionLines(): string[] {
    const name = "nodejs_gc_duration_seconds"
    const samples = [...this.#collections].flatMap(([kind, { within, count, sum }]) => [
      ...GC_BOUNDS.map((bound, i) => `${name}_bucket{kind="${kind}",le="${bound}"} ${within[i]}`),
      `${name}_bucket{kind="${kind}",le="+Inf"} ${count}`,
      `${name}_sum{kind="${kind}"} ${sum}`,
      `${name}_count{kind="${kind}"} ${count}`,
    ])
    return [`# TYPE ${name} histogram`, `# HELP ${name} Time of garbage collections by kind.`, ...samples]
  }
}
