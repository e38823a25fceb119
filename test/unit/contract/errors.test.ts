import { readFileSync } from "node:fs"
import { expect } from "chai"
import { systemErrors } from "res-service"
import { serviceErrors } from "../../../contract/errors.ts"
import { legacyErrors } from "../../../contract/legacy.ts"
import { statusOfCode } from "../../../edge/http/problem.ts"

describe("error codes", () => {
  const docs = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")
  const documented = new Map(
    [...docs.matchAll(/^\| `([a-z]+\.[A-Za-z]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code, Number(status)]),
  )

  it("are the same in the types, the edge's table and docs/errors.md, with the same HTTP status", () => {
    const codes = [...Object.keys(systemErrors), ...Object.keys(serviceErrors)]
    expect(Object.keys(statusOfCode)).to.have.members(codes)
    expect(Object.fromEntries(documented)).to.deep.equal(statusOfCode)
  })

  it("of the old protocol are those that docs/errors.md names", () => {
    const named = [...docs.matchAll(/`(legacy\.\w+)`/g)].map(([, code]) => code)
    expect(named).to.have.members(Object.keys(legacyErrors))
  })
})
