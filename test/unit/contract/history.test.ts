import { expect } from "chai"
import fc from "fast-check"
import { HistoryFilter, matcherOf } from "../../../contract/history.ts"
import { type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"

describe("HistoryFilter", () => {
  const pad = (number: number): string => String(number).padStart(2, "0")
  const date = fc
    .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, day]) => `${String(year).padStart(4, "0")}-${pad(month)}-${pad(day)}`)
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${pad(hour)}:${pad(minute)}`)
  const seconds = fc.constantFrom(":00", ":59", ":59.9", ":00.123456789")
  const offset = fc.oneof(
    fc.constant("Z"),
    fc.tuple(fc.constantFrom("+", "-"), clock).map((parts) => parts.join("")),
  )
  const time = fc.tuple(date, fc.constant("T"), clock, seconds, offset).map((parts) => parts.join(""))

  it("[property] makes of any time one that can be asked for again, and that JetStream can count", () => {
    fc.assert(
      fc.property(time, (from) => {
        const once = HistoryFilter.parse({ from })
        expect(HistoryFilter.parse(once)).to.deep.equal(once)
        expect(once.from).to.match(/^\d{4}-/)
        expect(BigInt(Date.parse(once.from ?? "")) * 1_000_000n <= 2n ** 63n - 1n).to.equal(true)
        const year = Number(from.slice(0, 4))
        if (year >= 1971 && year <= 2261) expect(Date.parse(once.from ?? "")).to.equal(Date.parse(from))
      }),
    )
  })

  it("says what is expected given a day that does not exist", () => {
    const parsed = HistoryFilter.safeParse({ to: "2023-02-30T10:30:00Z" })
    expect(parsed.error?.issues[0]).to.include({ message: "expected an ISO 8601 date-time with offset or Z" })
  })

  it("[property] makes of an amount one that can be asked for again, as a number and as a text", () => {
    const decimals = fc
      .tuple(fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }), fc.stringMatching(/^(\.\d{1,6})?$/))
      .map((parts) => parts.join(""))
    fc.assert(
      fc.property(decimals, (min_total) => {
        const once = HistoryFilter.parse({ min_total })
        expect(once.min_total).to.equal(Number(min_total))
        expect(HistoryFilter.parse(once)).to.deep.equal(once)
        expect(HistoryFilter.parse({ min_total: String(once.min_total) })).to.deep.equal(once)
      }),
    )
  })
})

describe("matcherOf()", () => {
  const event: ShownEvent = { ...samplePublishEvent, seq: 98765, received_at: "2026-01-01T00:00:00.000Z" }
  const takes = (filter: HistoryFilter) => matcherOf(filter)(event)

  it("takes everything given no filter", () => {
    expect(takes({})).to.equal(true)
  })

  it("compares actions in any case, and as a whole", () => {
    expect([takes({ action: "add" }), takes({ action: "AD" }), takes({ action: "A.D" })]).to.deep.equal([
      true,
      false,
      false,
    ])
  })

  it("finds names, UPCs and IDs", () => {
    for (const find of ["fuji a", "APPLES", "10000526", "500100", "98765", "4e29b2d3", "AB29B2D3-7c8a"]) {
      expect(takes({ find }), find).to.equal(true)
    }
    for (const find of ["pears", ".*", "50010", "29b2d3-7c8a", "4e2"]) expect(takes({ find }), find).to.equal(false)
  })

  it("takes totals from the least to the most, both included", () => {
    expect(takes({ min_total: 12.18, max_total: 12.18 })).to.equal(true)
    expect([takes({ min_total: 12.19 }), takes({ max_total: 12.17 })]).to.deep.equal([false, false])
  })

  it("takes times from the first, included, to the last, excluded", () => {
    const { received_at } = event
    expect([takes({ from: received_at }), takes({ to: received_at })]).to.deep.equal([true, false])
  })

  it("[property] finds each part of a name as it is written", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (before, part, after) => {
        const product_name = `${before}${part}${after}`
        expect(matcherOf({ find: part })({ ...event, product_name })).to.equal(true)
      }),
    )
  })
})
