import { expect } from "chai"
import { applyAgreed } from "../../../web/storefront/agreed-cart.ts"

const tea = { quantity: 3, product: { id: 1, name: "Tea" } }
const bread = { quantity: 1, product: { id: 2, name: "Rye Bread" } }

describe("applyAgreed()", () => {
  function applied(before: object[], after: object[]): unknown[] {
    const told: unknown[] = []
    applyAgreed(
      { before: { items: before }, after: { items: after } },
      {
        add: (line, quantity) => void told.push(["add", line, quantity]),
        remove: (line) => void told.push(["remove", line]),
      },
    )
    return told
  }

  it("adds the lines that are new, with all their pieces, and removes those that are gone", () => {
    expect(applied([bread], [bread, tea])).to.deep.equal([["add", tea, 3]])
    expect(applied([bread, tea], [tea])).to.deep.equal([["remove", bread]])
    expect(applied([tea], [tea, { ...tea, quantity: 1 }])).to.deep.equal([["add", { ...tea, quantity: 1 }, 1]])
    expect(applied([tea], [{ ...tea, quantity: 5 }])).to.deep.equal([])
  })

  it("takes one piece where the quantity is not a number of pieces", () => {
    for (const quantity of ["many", -2, 0, 1e9])
      expect(applied([], [{ ...tea, quantity }])).to.deep.equal([["add", { ...tea, quantity }, 1]])
  })

  it("does nothing where the shop's cart cannot be changed", () => {
    expect(() => applyAgreed({ before: { items: [tea] }, after: { items: [bread] } }, {})).to.not.throw()
  })
})
