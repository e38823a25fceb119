import { expect } from "chai"
import fc from "fast-check"
import { HistoryFilter } from "../../../contract/history.ts"
import { type Address, changedSearch, emptyAddress, readAddress } from "../../../web/merchant/address-query.ts"
import { historyFilter, noFilter } from "../../../web/merchant/feed/filter.ts"
import { laneNames } from "../../../web/merchant/work/lanes.ts"

describe("the page's address", () => {
  it("[property] names the same view when it is read again", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 })
    const address = fc.record({
      ...Object.fromEntries(Object.keys(emptyAddress).map((name) => [name, text])),
      lane: fc.constantFrom(...laneNames),
    }) as fc.Arbitrary<Address>
    fc.assert(
      fc.property(address, address, (first, second) => {
        const search = changedSearch("", first)
        expect(readAddress(search)).to.deep.equal(first)
        expect(readAddress(changedSearch(search, second))).to.deep.equal(second)
        expect(changedSearch(search, emptyAddress)).to.equal("")
      }),
    )
  })

  it("keeps what it does not change, also of others", () => {
    expect(changedSearch("?shop=a&action=ADD&theme=x", { action: "", find: "Tea & milk" })).to.equal(
      "?shop=a&theme=x&find=Tea+%26+milk",
    )
  })

  it("has the first lane instead of one that does not exist", () => {
    expect(readAddress("?lane=kitchen").lane).to.equal("active")
  })
})

describe("historyFilter()", () => {
  /** Without the members that are undefined. */
  const plain = (filter: object | undefined): unknown => JSON.parse(JSON.stringify(filter))

  const session = "4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94"

  it("is undefined given nothing, or nothing that means anything", () => {
    expect(historyFilter(noFilter, "UTC")).to.equal(undefined)
    const wrong = { ...noFilter, session: "x", min: "much", find: " ", from: "2026-02-30", to: "tomorrow" }
    expect(historyFilter(wrong, "UTC")).to.equal(undefined)
  })

  it("has days of the shop's zone, the last one included", () => {
    const filter = { ...noFilter, from: "2026-11-25", to: "2026-11-26" }
    expect(plain(historyFilter(filter, "Europe/Berlin"))).to.deep.equal({
      from: "2026-11-24T23:00:00.000Z",
      to: "2026-11-26T23:00:00.000Z",
    })
  })

  it("has all that the service can look for", () => {
    const filter = { ...noFilter, action: "ADD", category: "fruit", session, find: " tea ", min: "5", max: "9.5" }
    expect(plain(historyFilter(filter, "UTC"))).to.deep.equal({
      action: "ADD",
      category_id: "fruit",
      session_id: session,
      find: "tea",
      min_total: 5,
      max_total: 9.5,
    })
  })

  it("[property] is something that the service takes, whatever the address says", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 150 })
    const one = (value: string) => fc.oneof(text, fc.constant(value))
    const filters = fc.record({
      action: one("ADD"),
      category: fc.string({ maxLength: 150 }),
      session: one(session),
      find: one("tea"),
      min: one("-5.25"),
      max: one("1e9"),
      from: one("2026-11-26"),
      to: one("9999-12-31"),
    })
    fc.assert(
      fc.property(filters, (filter) => {
        const made = historyFilter(filter, "Europe/Berlin")
        if (made !== undefined) expect(HistoryFilter.safeParse(made).error?.issues).to.equal(undefined)
      }),
    )
  })
})
