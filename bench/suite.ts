// All that the README and docs/figures.md have figures of, in less than 10 minutes, against references that are started here. Writes the
// figures to docs/figures.json, the tables of docs/figures.md and the charts of the README from them, and compares with the last
// committed run.
// npm run bench [-- suite [times as long]]
import { writeFileSync } from "node:fs"
import { measureFanOut } from "./fan-out/measure.ts"
import { changes } from "./figures/compare.ts"
import type { Figure } from "./figures/figures.ts"
import { committedFile, thisCommit } from "./figures/git.ts"
import { thisMachine } from "./figures/machine.ts"
import { type MeasureOptions, orMissing } from "./figures/measure.ts"
import { printFigures } from "./figures/print.ts"
import { busyness, parseRun, type Run, runFile } from "./figures/run.ts"
import { writePage } from "./page/write.ts"
import { measurePublish } from "./publish/measure.ts"
import { measureSessions } from "./sessions/measure.ts"
import { measureShown } from "./shop/shown.ts"
import { measureWatched } from "./shop/watched.ts"

interface Part {
  readonly name: string
  /** Of each load in a round. */
  readonly seconds: number
  measure(options: MeasureOptions): Promise<Figure[]>
}

const ROUNDS = 3

/** They take 9 minutes with a Resgate, 8 without. */
const parts: readonly Part[] = [
  { name: "publish", seconds: 3, measure: (options) => measurePublish(options) },
  { name: "shown", seconds: 4, measure: measureShown },
  { name: "watched", seconds: 3, measure: measureWatched },
  { name: "fan-out", seconds: 2, measure: (options) => measureFanOut(options) },
  { name: "sessions", seconds: 3, measure: (options) => measureSessions(options) },
]

const factor = Number(process.argv[2] ?? 1)
const start = performance.now()
const missing: string[] = process.env.RESGATE_BIN ? [] : ["Resgate: RESGATE_BIN is not set"]
const figures: Figure[] = []
const options: Omit<MeasureOptions, "seconds"> = {
  rounds: ROUNDS,
  progress: (line) => console.error(line),
  onMissing: (line) => {
    missing.push(line)
    console.error(`missing: ${line}`)
  },
}
for (const { name, seconds, measure } of parts) {
  figures.push(...(await orMissing(name, options, () => measure({ ...options, seconds: seconds * factor }))))
}
const run: Run = {
  measuredAt: new Date().toISOString(),
  commit: thisCommit(),
  machine: thisMachine(),
  rounds: ROUNDS,
  took: Math.round((performance.now() - start) / 1000),
  figures,
  missing,
}

writeFileSync(runFile, `${JSON.stringify(run, null, 2)}\n`)
writePage(run)
printFigures(figures)
const committed = committedFile("docs/figures.json")
if (committed !== undefined) {
  for (const change of changes(parseRun(committed), run)) console.log(JSON.stringify({ change }))
}
if (busyness(run)?.tooBusy) console.error("The machine was too busy to tell: see docs/figures.md.")
