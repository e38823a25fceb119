import { expect } from "chai"
import { Deadline, moment } from "../../src/sharding/moment.ts"

const HOUR_MS = 3_600_000

describe("Deadline", () => {
  it("has passed when either clock says so", () => {
    const now = moment()
    expect(new Deadline(now, HOUR_MS).passed).to.equal(false)
    expect(new Deadline({ ...now, monotonic: now.monotonic - HOUR_MS }, HOUR_MS).passed).to.equal(true)
    expect(new Deadline({ ...now, wall: now.wall - HOUR_MS }, HOUR_MS).passed).to.equal(true)
  })

  it("is not put off by a wall clock that was set back", () => {
    const now = moment()
    expect(new Deadline({ monotonic: now.monotonic - HOUR_MS, wall: now.wall + HOUR_MS }, HOUR_MS).passed).to.equal(
      true,
    )
  })

  it("counts from the latest moment that it was extended from", () => {
    const now = moment()
    const earlier = { monotonic: now.monotonic - 2 * HOUR_MS, wall: now.wall - 2 * HOUR_MS }
    const deadline = new Deadline(earlier, HOUR_MS)
    expect(deadline.passed).to.equal(true)
    deadline.extend(now)
    expect(deadline.passed).to.equal(false)
    deadline.extend(earlier)
    expect(deadline.passed).to.equal(false)
  })
})
