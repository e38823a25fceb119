// npm run fuzz -- [--inputs 100000] [--seed N]: odd inputs to every door of the product, in processes of its own. Prints the seed, and
// what each door got. Fails with the first input that shows a defect; FUZZ_SHRINK=1 looks for the smallest one.
import { parseArgs } from "node:util"
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { fuzz } from "./fuzz.ts"

const { values } = parseArgs({ options: { inputs: { type: "string" }, seed: { type: "string" } } })
const inputs = Number(values.inputs ?? 100_000)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
  console.error("npm run fuzz -- [--inputs <a number>] [--seed <a number>]")
  process.exit(1)
}

console.log(`seed ${seed}, ${inputs} inputs`)
const kit = await LauncherKit.create()
try {
  const run = await kit.ready(kit.start({ LOG_LEVEL: "warn" }))
  const nats = await connect(serverOptions(kit.natsUrl))
  const before = kit.known
  const total = await fuzz(
    {
      edgeUrl: kit.edgeUrl,
      gatewayUrl: kit.gatewayUrl,
      nats,
      problems: async () => {
        await kit.remember()
        const gone = before.filter(({ pid }) => !kit.known.some((known) => known.pid === pid))
        const errors = run
          .stdout()
          .split("\n")
          .filter((line) => /ERROR|FATAL/.test(line))
        return [...gone.map(({ name }) => `${name} has died`), ...errors]
      },
    },
    {
      inputs,
      seed,
      report: (door, count, ms) => console.log(`${door}: ${count} inputs in ${(ms / 1000).toFixed(1)} s`),
    },
  )
  await nats.close()
  console.log(`${total} inputs, no defect`)
} finally {
  await kit.end()
}
