import { expect } from "chai"
import fc from "fast-check"
import { HistoryFilter } from "../../../contract/history.ts"

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
})
