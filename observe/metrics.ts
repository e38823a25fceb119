import type { Metric, Registry } from "prom-client"
import { Counter, Gauge, Histogram } from "./series.ts"

/** A label, and what its values may be: a closed set. Nothing that a client chooses, and no shop, session or user. */
export type Labels = Readonly<Record<string, readonly string[] | string>>

interface MetricDeclaration {
  readonly help: string
  /** By name: the values, or where they come from. */
  readonly labels?: Labels
}

/** One metric. Its name is its key in the table, which ends in its unit: `_total`, `_seconds`, `_bytes`. */
export type MetricDefinition = MetricDeclaration &
  (
    | { readonly type: "counter" | "gauge" }
    /** `buckets`: upper bounds, in the metric's unit. */
    | { readonly type: "histogram"; readonly buckets: readonly number[] }
  )

/** The metrics of one kind of process. */
export type MetricTable = Readonly<Record<string, MetricDefinition>>

type LabelsOf<D extends MetricDefinition> = D extends { labels: infer L } ? keyof L & string : never

type MetricOf<D extends MetricDefinition> = D["type"] extends "counter"
  ? Counter<LabelsOf<D>>
  : D["type"] extends "gauge"
    ? Gauge<LabelsOf<D>>
    : Histogram<LabelsOf<D>>

/** The metrics of a table, by name. */
export type MetricsOf<T extends MetricTable> = { readonly [N in keyof T]: MetricOf<T[N]> }

/** Bounds for requests of people and programs, in seconds. */
export const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Bounds for what may lag behind for long, in seconds. */
export const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600]

/** A process's metrics. `prom-client` is only loaded by a process that has a port for them. */
export class Metrics {
  readonly registry: Registry
  readonly #reads: (() => void)[] = []

  private constructor(client: typeof import("prom-client")) {
    this.registry = new client.Registry()
    client.collectDefaultMetrics({ register: this.registry })
  }

  static async open(): Promise<Metrics> {
    const { default: client } = await import("prom-client")
    return new Metrics(client)
  }

  /** Makes the metrics of a table. */
  make<const T extends MetricTable>(table: T): MetricsOf<T> {
    const made = Object.entries(table).map(([name, definition]) => [name, this.#makeOne(name, definition)])
    return Object.fromEntries(made)
  }

  #makeOne(name: string, definition: MetricDefinition): Counter<string> | Gauge<string> | Histogram<string> {
    const { help, labels = {} } = definition
    const labelNames = Object.keys(labels)
    const options = { name, help, labelNames }
    const made =
      definition.type === "histogram"
        ? new Histogram(options, definition.buckets)
        : new (definition.type === "counter" ? Counter : Gauge)(options)
    // Without labels there is one value, from the start.
    if (labelNames.length === 0) made.start()
    // The registry only calls `get`; its type names its own classes.
    this.registry.registerMetric(made as unknown as Metric)
    return made
  }

  /** Calls `read` before each scrape, for what is not told but can be read. */
  beforeScrape(read: () => void): void {
    this.#reads.push(read)
  }

  /** All metrics as text. Source: Prometheus, "Text-based format" 0.0.4. */
  async text(): Promise<string> {
    for (const read of this.#reads) read()
    return await this.registry.metrics()
  }
}
