import { expect } from "chai"
import { MAX_DAYS } from "../../../contract/limits.ts"
import {
  datesBefore,
  daysLater,
  isPossible,
  lengthOf,
  MOST_DAYS,
  periodOf,
  textOf,
} from "../../../web/merchant/sales/period.ts"

const today = "2026-03-30"

describe("periodOf()", () => {
  for (const [text, kind, from, to] of [
    ["", "today", "2026-03-30", "2026-03-30"],
    ["7", "7", "2026-03-24", "2026-03-30"],
    ["30", "30", "2026-03-01", "2026-03-30"],
    ["2026-01-01..2026-02-28", "dates", "2026-01-01", "2026-02-28"],
    ["2026-02-28..2026-01-01", "today", "2026-03-30", "2026-03-30"],
    ["2025-01-01..2026-01-01", "today", "2026-03-30", "2026-03-30"],
    ["2026-02-30..2026-03-01", "today", "2026-03-30", "2026-03-30"],
    ["nonsense", "today", "2026-03-30", "2026-03-30"],
  ] as const) {
    it(`is ${kind}, ${from} to ${to}, given "${text}"`, () => {
      expect(periodOf(text, today)).to.deep.equal({ kind, from, to })
    })
  }

  it("is what textOf() has written", () => {
    for (const text of ["", "7", "30", "2026-01-01..2026-02-28"]) expect(textOf(periodOf(text, today))).to.equal(text)
  })
})

describe("datesBefore()", () => {
  it("is yesterday for today, and as many days for others, over the change of clocks", () => {
    expect(datesBefore(periodOf("", today))).to.deep.equal({ from: "2026-03-29", to: "2026-03-29" })
    expect(datesBefore(periodOf("7", today))).to.deep.equal({ from: "2026-03-17", to: "2026-03-23" })
  })
})

describe("isPossible()", () => {
  it("is true for as many days as the service gives at once", () => {
    expect(MOST_DAYS).to.equal(MAX_DAYS)
    expect(isPossible({ from: today, to: daysLater(today, MOST_DAYS - 1) })).to.equal(true)
    expect(isPossible({ from: today, to: daysLater(today, MOST_DAYS) })).to.equal(false)
    expect(isPossible({ from: today, to: daysLater(today, -1) })).to.equal(false)
    expect(lengthOf({ from: today, to: today })).to.equal(1)
  })
})
