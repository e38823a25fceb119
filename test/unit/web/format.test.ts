import { expect } from "chai"
import { Format } from "../../../web/merchant/locale/format.ts"

/** With plain spaces, as people type them. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, " ")

describe("Format", () => {
  describe("money()", () => {
    for (const [locale, currency, amount, shown] of [
      ["en-GB", null, 1234.5, "1,234.50"],
      ["en-GB", null, 0.001, "0.001"],
      ["en-GB", "EUR", 1234.5, "€1,234.50"],
      ["es", "EUR", 12.5, "12,50 €"],
      ["en-US", "JPY", 1200, "¥1,200"],
      ["en-US", "KWD", 1.5, "KWD 1.500"],
      ["en-US", "USD", 0.001, "$0.001"],
      ["en-US", "JPY", 10.5, "¥10.5"],
    ] as const) {
      it(`writes ${amount} as ${shown}, given ${locale} and ${currency ?? "no currency"}`, () => {
        expect(plain(new Format({ locale, currency }).money(amount))).to.equal(shown)
      })
    }
  })

  describe("average()", () => {
    for (const [currency, shown] of [
      [null, "3.33"],
      ["USD", "$3.33"],
      ["JPY", "¥3"],
      ["KWD", "KWD 3.333"],
    ] as const) {
      it(`rounds 10 / 3 to ${shown}, given ${currency ?? "no currency"}`, () => {
        expect(plain(new Format({ locale: "en-US", currency }).average(10 / 3))).to.equal(shown)
      })
    }
  })

  describe("times", () => {
    const format = new Format({ locale: "en-GB", timeZone: "Asia/Tokyo" })

    it("are those of the time zone", () => {
      expect(format.clock("2026-11-26T20:03:20Z")).to.equal("05:03:20")
      expect(format.shortClock("2026-11-26T20:03:20Z")).to.equal("05:03")
      expect(format.dayKey(new Date("2026-11-26T20:03:20Z"))).to.equal("2026-11-27")
    })

    it("have a day unless it is today, and a year unless it is this one", () => {
      expect(format.time("2026-11-26T20:03:20Z", "2026-11-27")).to.equal("05:03:20")
      expect(format.time("2026-11-26T20:03:20Z", "2026-11-28")).to.equal("27 Nov, 05:03:20")
      expect(format.time("2025-11-26T20:03:20Z", "2026-11-28")).to.equal("27 Nov 2025, 05:03:20")
    })

    it("are compared by Western digits and the Gregorian calendar in every language", () => {
      const arabic = new Format({ locale: "ar-SA", timeZone: "UTC" })
      expect(arabic.dayKey(new Date("2026-01-02T00:00:00Z"))).to.equal("2026-01-02")
    })
  })
})
