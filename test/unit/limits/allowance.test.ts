import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { Allowance } from "../../../limits/allowance.ts"
import { until } from "../../helpers/until.ts"

describe("Allowance", () => {
  it("grants its limit, whatever the amounts, and refuses what goes beyond", () => {
    const allowance = new Allowance(10, 60)
    const first = allowance.take("a", 7)
    expect(first).to.include({ granted: true, limit: 10, remaining: 3 })
    expect(first.resetMs).to.be.within(59_000, 60_000)
    expect(allowance.take("a", 3)).to.include({ granted: true, remaining: 0 })
    expect(allowance.take("a", 1)).to.include({ granted: false, remaining: 0, limit: 10 })
  })

  it("takes nothing for what it refuses", () => {
    const allowance = new Allowance(10, 60)
    expect(allowance.take("a", 11)).to.include({ granted: false, remaining: 10 })
    expect(allowance.take("a", 10)).to.include({ granted: true, remaining: 0 })
  })

  it("keeps keys apart", () => {
    const allowance = new Allowance(1, 60)
    allowance.take("a", 1)
    expect(allowance.take("a", 1)).to.include({ granted: false })
    expect(allowance.take("b", 1)).to.include({ granted: true })
  })

  it("looks without taking", () => {
    const allowance = new Allowance(2, 60)
    expect(allowance.look("a")).to.include({ granted: true, remaining: 2 })
    allowance.take("a", 1)
    for (let i = 0; i < 5; i++) expect(allowance.look("a")).to.include({ granted: true, remaining: 1 })
    allowance.take("a", 1)
    expect(allowance.look("a")).to.include({ granted: false, remaining: 0 })
  })

  it("grants again when its time is over, and says when that is", async () => {
    const allowance = new Allowance(1, 0.2)
    // Again where the time was over before the second one, because the process stood still.
    const refused = await until("one that is refused", () => {
      allowance.take("a", 1)
      const second = allowance.take("a", 1)
      return second.granted ? undefined : second
    })
    expect(refused.resetMs).to.be.within(-10_000, 200)
    await sleep(refused.resetMs + 5)
    expect(allowance.take("a", 1)).to.include({ granted: true })
  })

  for (const keys of ["public", "secret"] as const) {
    it(`counts ${keys} keys of any length on, also after many others`, () => {
      const allowance = new Allowance(1, 600, keys)
      const own = ["a", "long".repeat(100)]
      for (const key of own) allowance.take(key, 1)
      for (let i = 0; i < 2000; i++) allowance.look(`other ${i}`)
      for (const key of own) expect(allowance.take(key, 1)).to.include({ granted: false, remaining: 0 })
    })
  }

  it("keeps a bounded number of counters, however many keys strangers make up", () => {
    const allowance = new Allowance(1, 600)
    let refused = 0
    // Beyond the number of counters, keys meet counters that are in use: had each its own, none would be refused.
    for (let i = 0; i < 200_000; i++) if (!allowance.take(`key ${i}`, 1).granted) refused++
    expect(refused).to.be.above(200_000 - 65_536 - 1)
  })
})
