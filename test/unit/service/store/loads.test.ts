import { setImmediate as turn } from "node:timers/promises"
import { expect } from "chai"
import { ResError } from "res-service"
import { Loads } from "../../../../service/store/loads.ts"
import { until } from "../../../helpers/until.ts"

/** Loads that end when they are told to. */
class Harness {
  readonly loads = new Loads()
  readonly running = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  readonly started: number[] = []
  readonly waits: number[] = []

  run(id: number): Promise<void> {
    const load = () =>
      new Promise<void>((resolve, reject) => {
        this.started.push(id)
        this.running.set(id, { resolve, reject })
      })
    return this.loads.run(load, () => this.waits.push(id)).finally(() => this.running.delete(id))
  }
}

describe("Loads", () => {
  it("run a bounded number at the same time, in the order in which they were asked for", async () => {
    const harness = new Harness()
    const all = Array.from({ length: 200 }, (_, id) => harness.run(id))
    await turn()
    const most = harness.running.size
    expect(most).to.be.within(1, 100)
    while (harness.running.size > 0) {
      expect(harness.running.size).to.be.at.most(most)
      const [[, first] = []] = harness.running
      first?.resolve()
      await turn()
    }
    await Promise.all(all)
    expect(harness.started).to.deep.equal(Array.from({ length: 200 }, (_, id) => id))
  })

  it("tell the callers of those that wait to wait on, again and again, and of no others", async () => {
    const harness = new Harness()
    const all = Array.from({ length: 200 }, (_, id) => harness.run(id))
    await turn()
    const most = harness.running.size
    await until("the last one to be told twice", () => harness.waits.filter((id) => id === 199).length === 2)
    expect(Math.min(...harness.waits)).to.equal(most)
    while (harness.running.size > 0) {
      for (const { resolve } of [...harness.running.values()]) resolve()
      await turn()
    }
    await Promise.all(all)
  })

  it("go on after one that failed", async () => {
    const harness = new Harness()
    const all = Array.from({ length: 200 }, (_, id) => harness.run(id).catch((error: Error) => error.message))
    await turn()
    harness.running.get(0)?.reject(new Error("broken"))
    while (harness.running.size > 0) {
      for (const { resolve } of [...harness.running.values()]) resolve()
      await turn()
    }
    const results = await Promise.all(all)
    expect(results[0]).to.equal("broken")
    expect(results.slice(1)).to.deep.equal(Array(199).fill(undefined))
  })

  it("all fail that wait when JetStream does not answer for one, and later ones run", async () => {
    const harness = new Harness()
    const all = Array.from({ length: 200 }, (_, id) => harness.run(id).catch((error: Error) => error))
    await turn()
    const most = harness.running.size
    harness.running.get(0)?.reject(new ResError("system.serviceUnavailable"))
    await turn()
    expect(harness.started).to.have.length(most)
    for (const { resolve } of [...harness.running.values()]) resolve()
    const failed = (await Promise.all(all)).filter((result) => result instanceof ResError)
    expect(failed).to.have.length(200 - most + 1)
    const later = harness.run(200)
    await turn()
    harness.running.get(200)?.resolve()
    await later
    expect(harness.started.at(-1)).to.equal(200)
  })
})
