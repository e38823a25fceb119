// `npm run test:schemathesis`: sends generated requests to all HTTP doors of a product of its own, and compares the answers with
// `/openapi.json`. `-- --max-examples N` (default 100) sets how many for each operation.
import { parseArgs } from "node:util"
import { startProduct } from "../helpers/product.ts"
import { schemathesis } from "./schemathesis.ts"

const { values } = parseArgs({ options: { "max-examples": { type: "string", default: "100" } } })
const product = await startProduct()
try {
  const maxExamples = Number(values["max-examples"])
  const { ok, output } = await schemathesis(product.edgeUrl, {
    phases: ["examples", "coverage", "fuzzing"],
    maxExamples,
    repeatable: false,
    timeoutMs: 30 * 60_000,
  })
  console.log(output)
  process.exitCode = ok ? 0 : 1
} finally {
  await product.stop()
}
