import { spreadOf } from "./figures.ts"
import type { Run } from "./run.ts"

/** A metric of a figure that both runs have. */
export interface Change {
  readonly name: string
  readonly system: string
  readonly metric: string
  readonly before: number
  readonly after: number
  /** No round of one run is within the spread of the other. */
  readonly clear: boolean
}

const COMPARED = ["perSecond", "p99Ms", "cpuMicros"]

/** How the medians changed from one run to the next. */
export function changes(before: Run, after: Run): Change[] {
  return after.figures.flatMap(({ name, system }) =>
    COMPARED.flatMap((metric) => {
      const [old, now] = [before, after].map((run) => spreadOf(run.figures, name, system, metric))
      if (old === undefined || now === undefined) return []
      const clear = now.least > old.most || now.most < old.least
      return [{ name, system, metric, before: old.median, after: now.median, clear }]
    }),
  )
}
