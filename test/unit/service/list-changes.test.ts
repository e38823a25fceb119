import { expect } from "chai"
import fc from "fast-check"
import { listChanges } from "../../../service/list-changes.ts"

describe("listChanges()", () => {
  it("[property] leads from any list to any other, and says nothing when they are equal", () => {
    const list = fc.uniqueArray(fc.constantFrom(..."abcdefgh"))
    fc.assert(
      fc.property(list, list, (before, after) => {
        const copy = [...before]
        for (const change of listChanges(before, after)) {
          if (change.type === "remove") copy.splice(change.index, 1)
          else copy.splice(change.index, 0, change.id)
        }
        expect(copy).to.deep.equal(after)
        expect(listChanges(after, after)).to.deep.equal([])
      }),
    )
  })

  it("moves a new host to the front by one remove and one add", () => {
    expect(listChanges(["a", "b", "c"], ["c", "a", "b"])).to.deep.equal([
      { type: "remove", index: 2 },
      { type: "add", index: 0, id: "c" },
    ])
  })
})
