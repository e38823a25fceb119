import { expect } from "chai"
import { namesApart } from "../../../web/storefront/names-apart.ts"

describe("namesApart()", () => {
  it("numbers people of the same name, in the order of the list", () => {
    const people = ["Ann", "Bob", "ann ", "Ann"].map((name, at) => ({ id: `c${at}`, name }))
    expect([...namesApart(people).values()]).to.deep.equal(["Ann", "Bob", "ann  2", "Ann 3"])
  })
})
