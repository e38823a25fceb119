import { expect } from "chai"
import { machineTimes, othersPercent, parseStat, treeTicks } from "../../../bench/figures/machine.ts"

describe("machineTimes()", () => {
  it("adds up all but guests, which are counted among users, and takes waiting for a disk as idle", () => {
    expect(machineTimes("cpu  10 20 30 400 50 6 7 8 9 9")).to.deep.equal({ total: 531, idle: 450 })
  })
})

describe("parseStat()", () => {
  it("reads parent and ticks, those of ended children too, whatever the name", () => {
    const text = `42 (a) S 1 (b) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0`
    expect(parseStat(text)).to.deep.equal({ pid: 42, parent: 7, ticks: 110 })
  })

  it("is undefined for another text", () => {
    expect(parseStat("")).to.equal(undefined)
  })
})

describe("treeTicks()", () => {
  it("adds up a process and all below it, and nothing else", () => {
    const stats = [
      { pid: 1, parent: 0, ticks: 1000 },
      { pid: 2, parent: 1, ticks: 100 },
      { pid: 3, parent: 2, ticks: 10 },
      { pid: 4, parent: 3, ticks: 1 },
      { pid: 5, parent: 1, ticks: 500 },
    ]
    expect(treeTicks(stats, 2)).to.equal(111)
  })
})

describe("othersPercent()", () => {
  const before = { total: 1000, idle: 500, ours: 100 }

  it("is what is neither idle nor ours", () => {
    expect(othersPercent(before, { total: 1200, idle: 540, ours: 200 })).to.equal(30)
  })

  it("is 0 when nothing is left, or no time went by", () => {
    expect(othersPercent(before, { total: 1200, idle: 600, ours: 210 })).to.equal(0)
    expect(othersPercent(before, before)).to.equal(0)
  })
})
