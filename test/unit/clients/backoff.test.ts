import { expect } from "chai"
import { Backoff } from "../../../clients/js/src/backoff.ts"

describe("Backoff", () => {
  it("pauses longer after each failure, up to a maximum, half of it at random, and starts again after a success", () => {
    const backoff = new Backoff(8000)
    for (const most of [400, 800, 1600, 3200, 6400, 8000, 8000]) {
      expect(backoff.next()).to.be.within(most / 2, most)
    }
    backoff.reset()
    expect(backoff.next()).to.be.within(200, 400)
  })

  it("is another one on each page", () => {
    const pauses = new Set(Array.from({ length: 100 }, () => new Backoff(8000).next()))
    expect(pauses.size).to.be.above(90)
  })
})
