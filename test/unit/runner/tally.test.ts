import { expect } from "chai"
import type { TestResult } from "../../runner/messages.ts"
import { Tally } from "../../runner/tally.ts"

describe("Tally", () => {
  const result = (title: string, state: TestResult["state"], file = "a.test.ts") => ({ file, title, state })

  it("lists what has failed, that which failed most first, with failures and runs", () => {
    const tally = new Tally()
    tally.add([result("stable", "passed"), result("rare", "passed"), result("often", "failed")])
    tally.add([result("stable", "passed"), result("rare", "failed"), result("often", "failed")])
    tally.add([result("stable", "passed"), result("rare", "passed")])
    expect([tally.tests, tally.unstable]).to.deep.equal([3, 2])
    expect(tally.table().split("\n").slice(2)).to.deep.equal([
      "| a.test.ts: often | 2 | 2 |",
      "| a.test.ts: rare | 1 | 3 |",
    ])
  })

  it("counts a test once a run, however often it failed there, and a skipped one not at all", () => {
    const tally = new Tally()
    tally.add([result("twice", "failed"), result("twice", "failed"), result("skipped", "skipped")])
    expect(tally.table().split("\n").slice(2)).to.deep.equal(["| a.test.ts: twice | 1 | 1 |"])
    expect(tally.tests).to.equal(1)
  })

  it("keeps tests of the same title in two files apart", () => {
    const tally = new Tally()
    tally.add([result("same", "failed"), result("same", "passed", "b.test.ts")])
    expect([tally.tests, tally.unstable]).to.deep.equal([2, 1])
  })
})
