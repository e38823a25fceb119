// `npm run model`: shows how each broken protocol fails, and looks at many more worlds of the right one than the tests do.
import { parseArgs } from "node:util"
import fc from "fast-check"
import type { Size } from "./adversary.ts"
import { RULES, type Rules } from "./rules.ts"
import { Model, type Property } from "./space.ts"
import { HAND_OVER, LARGE, modelOf, SMALL, VARIANTS } from "./variants.ts"

const usage = `Usage: npm run model -- [options]

  --worlds N   how many worlds of each size to look at (default 200000)
  --walks N    how many long random walks to take through the large world (default 5000)
  --seed N     repeats the walks of an earlier run
`

const { values } = parseArgs({
  options: {
    worlds: { type: "string", default: "200000" },
    walks: { type: "string", default: "5000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    help: { type: "boolean", default: false },
  },
})
const [worlds = 0, walks = 0, seed = 0] = [values.worlds, values.walks, values.seed].map(Number)
if (values.help || ![worlds, walks, seed].every(Number.isInteger)) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)

function tell(model: Model, { fault, actions }: { readonly fault: string; readonly actions: readonly string[] }): void {
  for (const line of model.trace(actions)) print(`    ${line}`)
  print(`    => ${fault}`)
}

for (const variant of VARIANTS) {
  const model = modelOf(variant)
  const { counterexample, worlds: seen } = model.search(worlds)
  print(`\nOwnership ${variant.name} (${seen} worlds):`)
  if (counterexample === undefined) {
    print("    does no harm here, but should")
    process.exitCode = 1
  } else tell(model, counterexample)
}

const all: readonly Property[] = ["one sender", "right in the end", "shared out"]

function look(what: string, size: Size, properties: readonly Property[], rules: Rules = RULES): void {
  const model = new Model(size, properties, rules)
  const { counterexample, worlds: seen, complete } = model.search(worlds)
  print(`\n${what}: ${counterexample ? "wrong" : "right"}, ${complete ? "all" : "the first"} ${seen} worlds`)
  if (counterexample === undefined) return
  tell(model, counterexample)
  process.exitCode = 1
}

look("One fault", { ...SMALL, faults: 1, resets: 1, starts: 1 }, all)
look("Two faults", { ...SMALL, starts: 1 }, all)
look("Three kills and pauses", { ...SMALL, faults: 3, kinds: ["kill", "pause"], starts: 2 }, all)
look(
  "Three processes and two shards",
  { ...SMALL, processes: ["A", "B", "C"], shards: 2, kinds: ["kill", "pause"] },
  all,
)
look("Our own gateway", { ...SMALL, starts: 1 }, all, { ...RULES, gateway: "own" })
look("A hand-over", { ...HAND_OVER, faults: 2 }, ["no request lost", ...all])

const large = new Model(LARGE, all)
const { failed, counterexample } = fc.check(
  fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 80 }), (picks) => large.walk(picks) === undefined),
  { numRuns: walks, seed },
)
print(`\n${walks} walks through a large world, with seed ${seed}: ${failed ? "wrong" : "right"}`)
if (failed) {
  const found = large.walk(counterexample?.[0] ?? [])
  if (found !== undefined) tell(large, found)
  process.exitCode = 1
}
