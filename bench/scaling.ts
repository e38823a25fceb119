// How many processes a number of screens and events takes, how late events are shown, and how long recoveries take: a model, not a
// measurement. Its parameters are in bench/scaling/parameters.ts. Without numbers it prints what docs/scaling.md has; --write writes that.
// npm run bench -- scaling [screens] [events/s] | --write
import { readFileSync, writeFileSync } from "node:fs"
import { processTable, recoveryTable, tables, withTables } from "./scaling/page.ts"
import { costs } from "./scaling/parameters.ts"
import type { Load } from "./scaling/plan.ts"

const [first, second] = process.argv.slice(2)
const page = new URL("../docs/scaling.md", import.meta.url)
if (first === "--write") {
  writeFileSync(page, withTables(readFileSync(page, "utf8")))
} else if (first === undefined) {
  console.log(Object.values(tables()).join("\n\n"))
} else {
  const [screens, events] = [Number(first), Number(second ?? Number(first) / 10)]
  if (!(screens > 0 && events > 0)) {
    console.error("npm run bench -- scaling [screens] [events/s]: numbers above 0")
    process.exit(1)
  }
  const loads = (["shop", "any"] as const).map((routing): Load => ({ screens, events, routing }))
  console.log(`${processTable(loads, costs)}\n\n${recoveryTable(loads, costs)}`)
}
