import { expect } from "chai"
import { axisEnd, labelled } from "../../../web/merchant/sales/scale.ts"

describe("axisEnd()", () => {
  for (const [value, end] of [
    [0, 5],
    [3, 5],
    [4.5, 5],
    [11, 20],
    [24, 25],
    [99, 100],
    [101, 200],
    [1234.5, 2000],
  ] as const) {
    it(`is ${end} for ${value}, at least 4`, () => {
      expect(axisEnd(value, 4)).to.equal(end)
    })
  }
})

describe("labelled()", () => {
  it("labels every place where there is room, and at most so many elsewhere", () => {
    expect(labelled(5, 8)).to.deep.equal([0, 1, 2, 3, 4])
    expect(labelled(24, 8)).to.deep.equal([0, 3, 6, 9, 12, 15, 18, 21])
    expect(labelled(30, 8)).to.deep.equal([0, 4, 8, 12, 16, 20, 24, 28])
    expect(labelled(0, 8)).to.deep.equal([])
  })
})
