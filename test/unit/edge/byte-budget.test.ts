import { expect } from "chai"
import { ByteBudget } from "../../../edge/legacy/byte-budget.ts"

describe("ByteBudget", () => {
  it("lets go at once what its burst holds, and the one that exceeds it", () => {
    const budget = new ByteBudget(1000, 500, 0)
    budget.take(400, 0)
    expect(budget.waitMs(0)).to.equal(0)
    budget.take(1100, 0)
    expect(budget.waitMs(0)).to.equal(1000)
  })

  it("makes the next wait until the debt is refilled", () => {
    const budget = new ByteBudget(1000, 500, 0)
    budget.take(1500, 0)
    expect(budget.waitMs(400)).to.equal(600)
    expect(budget.waitMs(1000)).to.equal(0)
  })

  it("refills to its burst, and not beyond", () => {
    const budget = new ByteBudget(1000, 500, 0)
    budget.take(500, 1_000_000)
    budget.take(250, 1_000_000)
    expect(budget.waitMs(1_000_000)).to.equal(250)
  })
})
