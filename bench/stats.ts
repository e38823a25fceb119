/** Figures of many timings. */
export interface Summary {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Percentiles of timings, in the timings' own unit, to two digits behind the point. */
export function summarize(timings: readonly number[]): Summary {
  const sorted = timings.toSorted((a, b) => a - b)
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** Time in ms that `task` takes. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}

/** Prints one figure, as a line of JSON. */
export function report(name: string, figures: object): void {
  console.log(JSON.stringify({ figure: name, ...figures }))
}
