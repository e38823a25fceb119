/** A value of each label. */
export type LabelValues<L extends string> = Readonly<Record<L, string | number>>

/** One line of a metric's text. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  /** Default: the metric's name. */
  readonly metricName?: string
}

/** What every kind of metric is made with. */
export interface SeriesOptions<L extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly L[]
}

/**
 * A metric: a state for each combination of label values. It is rendered by prom-client, whose own metrics take 4 µs for each value, which
 * requests would feel.
 */
abstract class Series<L extends string, S> {
  readonly name: string
  readonly help: string
  abstract readonly type: "counter" | "gauge" | "histogram"
  readonly #labelNames: readonly L[]
  readonly #states: { readonly labels: LabelValues<L>; readonly state: S }[] = []
  readonly #root: LabelNode<S> = { state: undefined, next: new Map() }

  constructor({ name, help, labelNames }: SeriesOptions<L>) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
  }

  protected abstract begin(): S
  protected abstract samplesOf(labels: LabelValues<L>, state: S): Sample[]

  /** Makes the one value of a metric without labels. */
  start(): void {
    this.of({} as LabelValues<L>)
  }

  protected of(labels: LabelValues<L>): S {
    let node = this.#root
    for (const name of this.#labelNames) {
      const value = labels[name]
      let next = node.next.get(value)
      if (next === undefined) {
        next = { state: undefined, next: new Map() }
        node.next.set(value, next)
      }
      node = next
    }
    if (node.state === undefined) {
      node.state = this.begin()
      this.#states.push({ labels, state: node.state })
    }
    return node.state
  }

  /** As prom-client's registry asks for it. */
  async get() {
    const { name, help, type } = this
    const values = this.#states.flatMap(({ labels, state }) => this.samplesOf(labels, state))
    return { name, help, type, aggregator: "sum" as const, values }
  }
}

/** The states by the value of one label after the other: label values are constants, which a map finds faster than a text made of them. */
interface LabelNode<S> {
  state: S | undefined
  readonly next: Map<string | number, LabelNode<S>>
}

interface Amount {
  value: number
}

abstract class Amounts<L extends string> extends Series<L, Amount> {
  protected begin(): Amount {
    return { value: 0 }
  }

  protected samplesOf(labels: LabelValues<L>, { value }: Amount): Sample[] {
    return [{ value, labels }]
  }

  inc(labels: LabelValues<L>, by = 1): void {
    this.of(labels).value += by
  }

  set(labels: LabelValues<L>, value: number): void {
    this.of(labels).value = value
  }
}

/** Only grows. `set` is for what is counted elsewhere. */
export class Counter<L extends string> extends Amounts<L> {
  readonly type = "counter"
}

export class Gauge<L extends string> extends Amounts<L> {
  readonly type = "gauge"
}

interface Distribution {
  /** For each bound, how many values are between it and the one before; last, how many are above all. */
  readonly counts: Float64Array
  sum: number
}

export class Histogram<L extends string> extends Series<L, Distribution> {
  readonly type = "histogram"
  readonly #bounds: readonly number[]

  /** @param bounds upper ones, the least first */
  constructor(options: SeriesOptions<L>, bounds: readonly number[]) {
    super(options)
    this.#bounds = bounds
  }

  observe(labels: LabelValues<L>, value: number): void {
    const distribution = this.of(labels)
    let i = 0
    while (i < this.#bounds.length && value > (this.#bounds[i] ?? 0)) i++
    distribution.counts[i] = (distribution.counts[i] ?? 0) + 1
    distribution.sum += value
  }

  protected begin(): Distribution {
    return { counts: new Float64Array(this.#bounds.length + 1), sum: 0 }
  }

  /** Source: Prometheus, "Text format details": buckets are cumulative. */
  protected samplesOf(labels: LabelValues<L>, { counts, sum }: Distribution): Sample[] {
    let count = 0
    const buckets = [...this.#bounds, "+Inf"].map((le, i) => {
      count += counts[i] ?? 0
      return { value: count, labels: { ...labels, le }, metricName: `${this.name}_bucket` }
    })
    return [
      ...buckets,
      { value: sum, labels, metricName: `${this.name}_sum` },
      { value: count, labels, metricName: `${this.name}_count` },
    ]
  }
}
