// Writes the tables of docs/figures.md and the charts of the README again, from the figures of the last run of the suite.
// npm run bench -- figures
import { storedRun } from "./figures/run.ts"
import { writePage } from "./page/write.ts"

writePage(storedRun())
