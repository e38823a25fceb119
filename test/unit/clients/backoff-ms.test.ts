import { expect } from "chai"
import { backoffMs } from "../../../clients/js/src/backoff.ts"

describe("backoffMs", () => {
  it("doubles from 400 ms to the greatest pause, by chance as little as half of that", () => {
    expect([0, 1, 2, 5, 6, 100].map((attempt) => backoffMs(attempt, 15_000, 1))).to.deep.equal([
      400, 800, 1600, 12_800, 15_000, 15_000,
    ])
    expect(backoffMs(0, 15_000, 0)).to.equal(200)
    expect(backoffMs(100, 15_000, 0)).to.equal(7500)
  })
})
