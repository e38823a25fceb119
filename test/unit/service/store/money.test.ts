import { expect } from "chai"
import fc from "fast-check"
import { differ, fromCents, toCents } from "../../../../service/store/money.ts"

describe("money", () => {
  it("has no floating noise: sums of cents are what a person would write", () => {
    expect(fromCents(toCents(0.1) + toCents(0.2))).to.equal(0.3)
    expect(toCents(1.1 * 3)).to.equal(330)
    expect(toCents(4.35)).to.equal(435)
    expect(toCents(1.005)).to.equal(101)
    expect(toCents(-1.005)).to.equal(-101)
    expect(toCents(0.014)).to.equal(1)
  })

  it("[property] gives every price of whole cents back, also times a quantity", () => {
    const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
    fc.assert(
      fc.property(cents, fc.integer({ min: 1, max: 200 }), (price, quantity) => {
        expect(toCents(fromCents(price))).to.equal(price)
        expect(toCents(fromCents(price) * quantity)).to.equal(price * quantity)
      }),
    )
  })

  it("knows no negative zero, and stays a number beyond what has cents", () => {
    expect(Object.is(toCents(-0.001), 0)).to.equal(true)
    expect(toCents(Number.MAX_SAFE_INTEGER)).to.be.greaterThan(9e17)
  })

  it("calls amounts different from more than half a cent on", () => {
    expect(differ(10.005, 10)).to.equal(false)
    expect(differ(0.3, 0.1 + 0.2)).to.equal(false)
    expect(differ(10.01, 10)).to.equal(true)
    expect(differ(10, 10.006)).to.equal(true)
  })
})
