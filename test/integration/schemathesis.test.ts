import { expect } from "chai"
import { MissingProgram } from "../../tools/programs/missing-program.ts"
import { useProduct } from "../helpers/product.ts"
import { skip } from "../helpers/skip.ts"
import { schemathesis, schemathesisPython } from "../schemathesis/schemathesis.ts"

const RUN_MS = 150_000

describe("the edge, compared with its /openapi.json by Schemathesis", () => {
  const product = useProduct()

  it("answers a few generated requests as the document says", async function () {
    // The first time it installs Schemathesis.
    this.timeout(2 * RUN_MS + 180_000)
    await schemathesisPython().catch((error: unknown) => {
      if (error instanceof MissingProgram) skip(this, error.message)
      throw error
    })
    const { ok, output } = await schemathesis(product.edgeUrl, {
      phases: ["fuzzing"],
      maxExamples: 3,
      repeatable: true,
      timeoutMs: RUN_MS,
    })
    expect(ok, output).to.equal(true)
  })
})
