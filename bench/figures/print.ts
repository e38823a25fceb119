import { report } from "../stats.ts"
import { type Figure, metricsOf, spreadOf } from "./figures.ts"
import { verdicts } from "./goals.ts"

/** Prints a line of JSON for each figure, each metric as [median, least, greatest] of the rounds; then one for each goal. */
export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const { name, system } = figure
    const spreads = metricsOf(figure).flatMap((metric) => {
      const found = spreadOf(figures, name, system, metric)
      return found === undefined ? [] : [[metric, [found.median, found.least, found.most]]]
    })
    report(name, { system, ...Object.fromEntries(spreads) })
  }
  for (const { goal, value, wanted, reached } of verdicts(figures)) {
    if (value !== undefined) console.log(JSON.stringify({ goal, value: Number(value.toPrecision(3)), wanted, reached }))
  }
}
