import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"
import { runCommand } from "../../../tools/programs/run-command.ts"
import { z } from "../../../web/no-schemas.ts"

// biome-ignore lint/suspicious/noExplicitAny: it has the members of every schema
const anySchema = z as any
const url = (file: string): string => pathToFileURL(join(projectDir, file)).href

describe("no-schemas, which stands in for zod on the merchant's page", () => {
  it("makes schemas of any kind", () => {
    const { id } = anySchema.object({ id: anySchema.string().regex(/^a/).nullable() }).shape
    expect(() => anySchema.strictObject({ id: id.optional() }).partial().readonly()).to.not.throw()
  })

  for (const method of ["parse", "safeParse", "~standard"]) {
    it(`says plainly that it cannot validate, given ${method}`, () => {
      expect(() => anySchema.string()[method]).to.throw(TypeError, "this page has no schemas")
    })
  }

  it("is enough for all contracts that the page loads", async () => {
    const hook = `export const resolve = (name, context, next) => next(name === "zod" ? "${url("web/no-schemas.ts")}" : name, context)`
    const program = `
      import { register } from "node:module"
      register("data:text/javascript,${encodeURIComponent(hook)}")
      await import("${url("clients/js/src/mod.ts")}")`
    const args = ["--import=tsx", "--conditions=@res-service/source", "--input-type=module", "--eval", program]
    const { ok, stderr } = await runCommand(process.execPath, args, { cwd: projectDir, timeoutMs: 60_000 })
    expect({ ok, stderr }).to.deep.equal({ ok: true, stderr: "" })
  })
})
