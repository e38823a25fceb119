import { expect } from "chai"
import fc from "fast-check"
import type { Basket } from "../../../contract/basket.ts"
import { groupsOf, rowsOf } from "../../../web/merchant/work/groups.ts"

/** As much of a basket as groups look at. */
const basket = (session_id: string, shared_session?: string, minute = 0): Basket =>
  ({
    session_id,
    first_at: new Date(minute * 60_000).toISOString(),
    ...(shared_session === undefined ? {} : { shared_session }),
  }) as Basket

describe("the baskets of friends who shop together", () => {
  const idsOf = (baskets: readonly Basket[] | undefined) => baskets?.map(({ session_id }) => session_id)

  it("are a group from two on, in the order in which they came, each once", () => {
    const [late, early] = [basket("late", "party", 5), basket("early", "party", 1)]
    const groups = groupsOf([late, basket("alone"), early, basket("only", "other"), late])
    expect([...groups.keys()]).to.deep.equal(["party"])
    expect(idsOf(groups.get("party"))).to.deep.equal(["early", "late"])
  })

  it("are together in a list, at the place of the first of them; the group has those of other lists, too", () => {
    const [a, b, c, d] = [basket("a", "party"), basket("b"), basket("c", "party"), basket("d", "party")]
    const rows = rowsOf([b, c, basket("e"), a], groupsOf([a, b, c, d]))
    expect(rows.map(({ baskets }) => idsOf(baskets))).to.deep.equal([["b"], ["c", "a"], ["e"]])
    expect(rows.map(({ group }) => idsOf(group))).to.deep.equal([undefined, ["a", "c", "d"], undefined])
  })

  it("[property] are in a list exactly once, under keys of their own", () => {
    const any = fc.uniqueArray(fc.tuple(fc.nat(20), fc.option(fc.constantFrom("x", "y"), { nil: undefined })), {
      selector: ([id]) => id,
    })
    fc.assert(
      fc.property(any, fc.array(fc.nat(20)), (all, hidden) => {
        const baskets = all.map(([id, shared], i) => basket(`${id}`, shared, i))
        const listed = baskets.filter(({ session_id }) => !hidden.includes(Number(session_id)))
        const rows = rowsOf(listed, groupsOf(baskets))
        expect(rows.flatMap((row) => row.baskets)).to.have.members(listed)
        expect(new Set(rows.map(({ key }) => key)).size).to.equal(rows.length)
      }),
    )
  })
})
