// npm run bench: measures all that docs/figures.md has tables of, and writes them: see suite.ts.
// npm run bench -- NAME [arguments]: measures one thing, and prints a line of JSON for each figure.
import { existsSync, readdirSync } from "node:fs"

const helpers = ["run.ts", "children.ts", "processes.ts", "stats.ts"]
const names = readdirSync(new URL("./", import.meta.url))
  .filter((file) => file.endsWith(".ts") && !helpers.includes(file))
  .map((file) => file.slice(0, -3))

const [name = "suite"] = process.argv.splice(2, 1)
const file = new URL(`./${name}.ts`, import.meta.url)
if (!names.includes(name) || !existsSync(file)) {
  console.error(`npm run bench -- ${names.join(" | ")}`)
  process.exit(1)
}
await import(file.href)
