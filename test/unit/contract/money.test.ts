import { expect } from "chai"
import fc from "fast-check"
import { exceeds, hasFractionOfCent, sum, times } from "../../../contract/money.ts"

/** A decimal of so many digits behind the point, and the number that JSON makes of it. */
const decimal = (max: number, decimals: number) =>
  fc.integer({ min: -max, max }).map((units) => {
    const digits = String(Math.abs(units)).padStart(decimals + 1, "0")
    const text = `${digits.slice(0, digits.length - decimals)}.${digits.slice(digits.length - decimals)}`
    return { units, amount: Number(`${units < 0 ? "-" : ""}${text}`) }
  })

/** The number that the decimal `units / 10^decimals` is read as. */
const read = (units: bigint, decimals: number): number => {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0")
  return Number(
    `${units < 0n ? "-" : ""}${digits.slice(0, -decimals || undefined)}.${decimals ? digits.slice(-decimals) : "0"}`,
  )
}

describe("money", () => {
  it("adds up as a person does", () => {
    expect(sum([0.1, 0.2])).to.equal(0.3)
    expect(sum([1.255, 1.255, 1.255])).to.equal(3.765)
    expect(times(1.255, 3)).to.equal(3.765)
    expect(times(1.1, 3)).to.equal(3.3)
    expect(times(1.005, 1)).to.equal(1.005)
    expect(times(0.00000042, 3)).to.equal(0.00000126)
    expect(sum([19.99, -19.99])).to.equal(0)
    expect(sum([1500, 0.5])).to.equal(1500.5)
    expect(sum([])).to.equal(0)
  })

  it("[property] gives exact decimals of the prices' own precision, up to 15 digits", () => {
    const prices = fc
      .integer({ min: 0, max: 8 })
      .chain((decimals) => fc.tuple(fc.constant(decimals), fc.array(decimal(10 ** 12, decimals), { maxLength: 200 })))
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 900 }), ([decimals, all], count) => {
        const exact = all.reduce((total, { units }) => total + BigInt(units), 0n)
        expect(sum(all.map(({ amount }) => amount))).to.equal(read(exact, decimals) + 0)
        for (const { units, amount } of all) {
          expect(times(amount, count)).to.equal(read(BigInt(units) * BigInt(count), decimals) + 0)
        }
      }),
    )
  })

  it("[property] is exact for parts of a piece, too, such as 1.7 kg", () => {
    expect(times(518, 1.7)).to.equal(880.6)
    fc.assert(
      fc.property(decimal(10 ** 9, 2), fc.integer({ min: 1, max: 99_999 }), ({ units, amount }, thousandths) => {
        expect(times(amount, read(BigInt(thousandths), 3))).to.equal(read(BigInt(units) * BigInt(thousandths), 5) + 0)
      }),
    )
    expect(times(10 / 3, 0.3)).to.equal(1)
  })

  it("takes what is finer than any price for noise", () => {
    expect(times(0.1 + 0.2, 1)).to.equal(0.3)
    expect(times(10 / 3, 3)).to.equal(10)
    expect(sum([0.1 + 0.2, 10 / 3])).to.equal(3.63333333)
    expect(times(1e-20, 5)).to.equal(0)
    expect(times(9999999.990000002, 1)).to.equal(9999999.99)
  })

  it("knows no negative zero, and stays a number for the largest amounts", () => {
    for (const zero of [times(-0, 3), sum([-0, -0]), times(-1e-20, 5)]) expect(Object.is(zero, 0)).to.equal(true)
    expect(times(Number.MAX_SAFE_INTEGER, 1)).to.equal(Number.MAX_SAFE_INTEGER)
    expect(sum([Number.MAX_SAFE_INTEGER, 0.001])).to.equal(Number.MAX_SAFE_INTEGER)
    expect(times(Number.MAX_SAFE_INTEGER, 1000)).to.be.greaterThan(9e18)
  })

  it("knows prices that are no whole cents", () => {
    expect([3, 3.5, 3.55].some(hasFractionOfCent)).to.equal(false)
    expect([1.255, 10 / 3].every(hasFractionOfCent)).to.equal(true)
  })

  it("takes no rounding for a difference", () => {
    expect(exceeds(10.005, 10, 0)).to.equal(false)
    expect(exceeds(0.1 + 0.2, 0.3, 0)).to.equal(false)
    expect(exceeds(10.01, 10, 0)).to.equal(true)
    expect(exceeds(10, 10.01, 0)).to.equal(false)
    expect(exceeds(10.01, 10, 1)).to.equal(false)
    expect(exceeds(10.02, 10, 1)).to.equal(true)
  })
})
