import { readFileSync, writeFileSync } from "node:fs"
import type { Run } from "../figures/run.ts"
import { charts } from "./charts.ts"
import { withFigures } from "./figures-page.ts"

export const figuresPage = new URL("../../docs/figures.md", import.meta.url)
export const images = new URL("../../docs/images/", import.meta.url)

/** Writes the tables of docs/figures.md and the charts of the README. */
export function writePage(run: Run): void {
  writeFileSync(figuresPage, withFigures(readFileSync(figuresPage, "utf8"), run))
  for (const [file, svg] of Object.entries(charts(run))) writeFileSync(new URL(file, images), svg)
}
