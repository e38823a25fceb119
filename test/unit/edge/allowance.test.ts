import { expect } from "chai"
import { Allowance } from "../../../edge/allowance.ts"

describe("Allowance", () => {
  it("grants its limit, whatever the amounts, and refuses what goes beyond", async () => {
    const allowance = new Allowance(10, 60)
    expect(await allowance.take("a", 7)).to.deep.equal({ granted: true, limit: 10, remaining: 3, resetS: 60 })
    expect(await allowance.take("a", 3)).to.include({ granted: true, remaining: 0 })
    expect(await allowance.take("a", 1)).to.include({ granted: false, remaining: 0, limit: 10 })
  })

  it("keeps keys apart", async () => {
    const allowance = new Allowance(1, 60)
    await allowance.take("a", 1)
    expect(await allowance.take("a", 1)).to.include({ granted: false })
    expect(await allowance.take("b", 1)).to.include({ granted: true })
  })

  it("looks without taking", async () => {
    const allowance = new Allowance(2, 60)
    expect(await allowance.look("a")).to.include({ granted: true, remaining: 2 })
    await allowance.take("a", 1)
    for (let i = 0; i < 5; i++) expect(await allowance.look("a")).to.include({ granted: true, remaining: 1 })
    await allowance.take("a", 1)
    expect(await allowance.look("a")).to.include({ granted: false, remaining: 0 })
  })

  it("grants again when its time is over", async () => {
    const allowance = new Allowance(1, 1)
    await allowance.take("a", 1)
    const refused = await allowance.take("a", 1)
    expect(refused).to.include({ granted: false, resetS: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await allowance.take("a", 1)).to.include({ granted: true })
  })

  it("keeps a bounded number of counters, however many keys strangers make up", async function () {
    this.timeout(20_000)
    const allowance = new Allowance(1, 600)
    let refused = 0
    // Beyond the number of counters, keys meet counters that are in use: had each its own, none would be refused.
    for (let i = 0; i < 200_000; i++) if (!(await allowance.take(`key ${i}`, 1)).granted) refused++
    expect(refused).to.be.above(200_000 - 65_536 - 1)
  })
})
