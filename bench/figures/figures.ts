/** What one round measured, by metric; the unit is in the metric's name, as in `p99Ms`. */
export type Values = Readonly<Record<string, number>>

/** One load on one system, measured in several rounds. */
export interface Figure {
  /** The load. */
  readonly name: string
  readonly system: string
  readonly rounds: readonly Values[]
}

/** The middle of some numbers, and the least and the greatest of them. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/**
 * To two digits behind the point.
 *
 * @throws {Error} there are no numbers
 */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const [least, low, high, most] = [0, Math.ceil(half) - 1, Math.floor(half), sorted.length - 1].map((i) => sorted[i])
  if (least === undefined || low === undefined || high === undefined || most === undefined)
    throw new Error("no numbers")
  return { median: Math.round(((low + high) / 2) * 100) / 100, least, most }
}

/** Of one metric over the rounds. Undefined: it was not measured. */
export function spreadOf(figures: readonly Figure[], name: string, system: string, metric: string): Spread | undefined {
  const rounds = figures.find((figure) => figure.name === name && figure.system === system)?.rounds ?? []
  const numbers = rounds.flatMap((values) => values[metric] ?? [])
  return numbers.length === 0 ? undefined : spread(numbers)
}

/** The metrics that a figure has in any round. */
export function metricsOf({ rounds }: Figure): string[] {
  return [...new Set(rounds.flatMap((values) => Object.keys(values)))]
}
