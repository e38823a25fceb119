import { expect } from "chai"
import { backoffMs } from "../../../web/storefront/backoff.ts"

describe("backoffMs", () => {
  it("doubles from 400 ms to 15 s, by chance as little as half of that", () => {
    expect([0, 1, 2, 5, 6, 100].map((attempt) => backoffMs(attempt, 1))).to.deep.equal([
      400, 800, 1600, 12_800, 15_000, 15_000,
    ])
    expect(backoffMs(0, 0)).to.equal(200)
    expect(backoffMs(100, 0)).to.equal(7500)
  })
})
