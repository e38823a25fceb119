import { expect } from "chai"
import { z } from "../../../web/no-schemas.ts"

// biome-ignore lint/suspicious/noExplicitAny: it has the members of every schema
const anySchema = z as any

describe("no-schemas, which stands in for zod on the merchant's page", () => {
  it("makes schemas of any kind", () => {
    const { id, ...others } = anySchema.object({ id: anySchema.string().regex(/^a/).nullable() }).shape
    expect(() =>
      anySchema
        .strictObject({ id, ...others })
        .partial()
        .readonly(),
    ).to.not.throw()
  })

  for (const method of ["parse", "safeParse", "~standard"]) {
    it(`says plainly that it cannot validate, given ${method}`, () => {
      expect(() => anySchema.string()[method]).to.throw(TypeError, "this page has no schemas")
    })
  }
})
