import { expect } from "chai"
import fc from "fast-check"
import type { Day } from "../../../contract/day.ts"
import {
  exactSum,
  growth,
  hoursOf,
  sliceStart,
  topProducts,
  totalsBefore,
  totalsOf,
} from "../../../web/merchant/sales/sales.ts"

const day = (fields: Partial<Day>): Day => ({
  date: "2026-11-26",
  time_zone: "UTC",
  starts_at: "2026-11-26T00:00:00Z",
  ends_at: "2026-11-27T00:00:00Z",
  orders: 0,
  sales: 0,
  items: 0,
  baskets: 0,
  abandoned: 0,
  abandoned_value: 0,
  events: 0,
  slices: [],
  top_products: [],
  seq: 0,
  as_of: "2026-11-26T00:00:00Z",
  ...fields,
})

describe("exactSum()", () => {
  it("has no error of binary fractions", () => {
    expect(exactSum([0.1, 0.2])).to.equal(0.3)
    expect(exactSum(Array.from({ length: 1000 }, () => 0.07))).to.equal(70)
    expect(exactSum([])).to.equal(0)
    expect(exactSum([1, -3.5])).to.equal(-2.5)
  })

  it("is the sum of the cents, for any amounts and in any order", () => {
    const cents = fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 50 })
    fc.assert(
      fc.property(cents, (all) => {
        const amounts = all.map((each) => each / 100)
        const sum = all.reduce((a, b) => a + b, 0) / 100
        return exactSum(amounts) === sum && exactSum(amounts.toReversed()) === sum
      }),
    )
  })
})

describe("totalsOf()", () => {
  it("adds up days", () => {
    const days = [
      day({ orders: 2, sales: 0.1, baskets: 5, abandoned: 1, abandoned_value: 3.3 }),
      day({ orders: 1, sales: 0.2, baskets: 4, abandoned: 2, abandoned_value: 6.6 }),
    ]
    expect(totalsOf(days)).to.deep.equal({ orders: 3, sales: 0.3, baskets: 9, abandoned: 3, abandonedValue: 9.9 })
  })
})

describe("totalsBefore()", () => {
  const slices = [
    { at: "00:00", orders: 1, sales: 1 },
    { at: "13:55", orders: 1, sales: 0.1 },
    { at: "14:00", orders: 1, sales: 0.2 },
  ]

  it("has the slices that begin before a time", () => {
    expect(totalsBefore(day({ slices }), "14:00")).to.deep.equal({ orders: 2, sales: 1.1 })
    expect(totalsBefore(day({ slices }), "14:05")).to.deep.equal({ orders: 3, sales: 1.3 })
    expect(totalsBefore(day({ slices }), "00:00")).to.deep.equal({ orders: 0, sales: 0 })
  })
})

describe("sliceStart()", () => {
  for (const [time, start] of [
    ["14:03", "14:00"],
    ["14:05", "14:05"],
    ["00:04", "00:00"],
    ["23:59", "23:55"],
  ] as const) {
    it(`is ${start} at ${time}`, () => {
      expect(sliceStart(time)).to.equal(start)
    })
  }
})

describe("hoursOf()", () => {
  it("has 24 hours with the sums of their slices", () => {
    const slices = [
      { at: "09:00", orders: 1, sales: 0.1 },
      { at: "09:55", orders: 2, sales: 0.2 },
      { at: "23:55", orders: 3, sales: 5 },
    ]
    const hours = hoursOf(day({ slices }))
    expect(hours).to.have.length(24)
    expect(hours[9]).to.deep.equal({ orders: 3, sales: 0.3 })
    expect(hours[23]).to.deep.equal({ orders: 3, sales: 5 })
    expect(hours[10]).to.deep.equal({ orders: 0, sales: 0 })
  })
})

describe("growth()", () => {
  it("is the part by which something has grown, or shrunk", () => {
    expect(growth(112, 100)).to.equal(0.12)
    expect(growth(50, 100)).to.equal(-0.5)
  })

  it("is unknown where there was nothing before", () => {
    expect(growth(5, 0)).to.equal(undefined)
  })
})

describe("topProducts()", () => {
  const product = (product_id: number, sold: number, value: number) => ({
    product_id,
    product_name: `no. ${product_id}`,
    added: 9,
    sold,
    value,
  })

  it("sums products over days, the one that sold for most first, without those that only were added", () => {
    const days = [
      day({ top_products: [product(1, 1, 0.1), product(2, 5, 0.5), product(3, 0, 0)] }),
      day({ top_products: [product(1, 2, 0.2), product(4, 1, 9)] }),
    ]
    expect(topProducts(days, 2)).to.deep.equal([
      { product_id: 4, product_name: "no. 4", sold: 1, value: 9 },
      { product_id: 2, product_name: "no. 2", sold: 5, value: 0.5 },
    ])
    expect(topProducts(days, 9).map(({ value }) => value)).to.deep.equal([9, 0.5, 0.3])
  })
})
