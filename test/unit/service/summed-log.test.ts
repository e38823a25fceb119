import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { SummedLog } from "../../../service/summed-log.ts"
import { MemoryLogger } from "../../helpers/memory-logger.ts"
import { until } from "../../helpers/until.ts"

describe("SummedLog", () => {
  let logger: MemoryLogger
  beforeEach(() => {
    logger = new MemoryLogger()
  })
  const lines = () => logger.lines.map((line) => JSON.parse(line))

  it("logs the first at once, and all that follow in one line, with their reasons and an example", () => {
    const log = new SummedLog(logger, "warn", "set aside")
    for (let seq = 1; seq <= 20_000; seq++) log.add(seq % 4 === 0 ? "too large" : "no JSON", { seq })
    expect(lines()).to.deep.equal([
      { level: "warn", message: "set aside", count: 1, reasons: { "no JSON": 1 }, example: { seq: 1 } },
    ])
    log.stop()
    expect(lines().slice(1)).to.deep.equal([
      {
        level: "warn",
        message: "set aside",
        count: 19_999,
        reasons: { "no JSON": 14_999, "too large": 5000 },
        example: { seq: 2 },
      },
    ])
    log.stop()
    expect(lines()).to.have.length(2)
  })

  it("logs the sum when the time is over, and the next one at once after a time without any", async () => {
    const log = new SummedLog(logger, "error", "refused", 20)
    log.add("a", {})
    log.add("b", {})
    await until("the sum", () => lines().length === 2)
    // Longer than the time that begins with the sum.
    await sleep(60)
    log.add("c", {})
    expect(lines().at(-1)).to.include({ count: 1, message: "refused" })
    expect(lines()).to.have.length(3)
    log.stop()
  })

  it("names at most twenty reasons, and counts the others", () => {
    const log = new SummedLog(logger, "warn", "set aside")
    log.add("first", {})
    for (let i = 0; i < 1000; i++) log.add(`reason ${i}`, {})
    log.stop()
    const { count, reasons } = lines()[1]
    expect(count).to.equal(1000)
    expect(Object.keys(reasons)).to.have.length(21)
    expect(reasons["other reasons"]).to.equal(980)
  })

  it("logs the next one at once after it was stopped", () => {
    const log = new SummedLog(logger, "warn", "set aside")
    log.add("a", {})
    log.stop()
    log.add("b", {})
    expect(lines()).to.have.length(2)
    log.stop()
  })
})
