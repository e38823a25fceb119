import { readFileSync } from "node:fs"
import { expect } from "chai"
import { delays, waitsAt } from "../../../bench/scaling/delays.ts"
import { withTables } from "../../../bench/scaling/page.ts"
import { costs } from "../../../bench/scaling/parameters.ts"
import { cellsFor, gatewaysOfShop, type Load, plan } from "../../../bench/scaling/plan.ts"
import { allLoaded, gatewayKilled, ownerKilled } from "../../../bench/scaling/recovery.ts"
import { walls } from "../../../bench/scaling/walls.ts"
import { Random } from "../../../tools/demo/random.ts"

const largest: Load = { screens: 1_000_000, events: 100_000, routing: "shop" }

describe("the model of bench/scaling", () => {
  it("has its tables in docs/scaling.md (if not: npm run bench -- scaling --write)", () => {
    const page = readFileSync(new URL("../../../docs/scaling.md", import.meta.url), "utf8")
    expect(withTables(page)).to.equal(page)
  })

  it("waits as long as queueing theory says: one core (M/M/1), and four (M/M/4)", () => {
    const mean = (cores: number, utilisation: number): number => {
      const waits = waitsAt({ cores, micros: 1000, utilisation }, new Random(1))
      return waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    }
    expect(mean(1, 0.5)).to.be.closeTo(0.5 / 0.5, 0.1)
    expect(mean(1, 0.8)).to.be.closeTo(0.8 / 0.2, 0.8)
    // Erlang C at 80 %: 0.596 of the arrivals wait, for 1 / (4 x 0.2) ms on average.
    expect(mean(4, 0.8)).to.be.closeTo(0.596 / (4 * 0.2), 0.15)
  })

  it("gives the delays of an idle machine, and its trips, when there is next to no load", () => {
    const { p50Ms, p99Ms } = delays(plan({ screens: 10, events: 1, routing: "shop" }, costs), costs)
    expect(p50Ms).to.be.closeTo(costs.idleP50 + 3 * costs.replicaTrip, 0.2)
    expect(p99Ms).to.be.closeTo(costs.idleP99 + 3 * costs.replicaTrip, 0.5)
  })

  it("gives the same delays each time, others for another seed, and longer ones on busier cores", () => {
    const made = plan(largest, costs)
    expect(delays(made, costs)).to.deep.equal(delays(made, costs))
    expect(delays(made, costs, 17)).not.to.deep.equal(delays(made, costs))
    const busy = plan(largest, { ...costs, load: 0.9 })
    expect(delays(busy, costs).p99Ms).to.be.above(delays(made, costs).p99Ms)
  })

  it("keeps every core below the share that is allowed, and has as few processes as that takes", () => {
    for (const routing of ["shop", "any"] as const) {
      const made = plan({ ...largest, routing }, costs)
      for (const { count, utilisation } of [made.edges, made.services, made.natsServers, made.gateways]) {
        expect(utilisation).to.be.most(costs.load)
        expect(count).to.be.least(2)
      }
      expect((made.services.utilisation * made.services.count) / (made.services.count - 1)).to.be.above(costs.load)
    }
  })

  it("adds cells when the stream, or the owner of `once`, is too busy", () => {
    for (const limiting of ["leaderStore", "onceFollow"] as const) {
      const others = { ...costs, leaderStore: 0.001, onceFollow: 0.001, [limiting]: costs[limiting] }
      const limit = (1e6 / costs[limiting]) * costs.load
      expect(cellsFor(limit * 0.99, others)).to.equal(1)
      expect(cellsFor(limit * 1.01, others)).to.equal(2)
    }
  })

  it("counts the gateways that show one shop", () => {
    expect(gatewaysOfShop(1, 10)).to.equal(1)
    expect(gatewaysOfShop(2, 2)).to.equal(1.5)
    expect(gatewaysOfShop(1e6, 10)).to.be.closeTo(10, 0.001)
  })

  it("needs fewer gateways and fewer gets when the screens of a shop are at one gateway", () => {
    const [byShop, byAny] = [plan(largest, costs), plan({ ...largest, routing: "any" }, costs)]
    expect(byShop.gateways.utilisation).to.be.below(byAny.gateways.utilisation)
    expect(byShop.gateways.count).to.be.most(byAny.gateways.count)
    expect(ownerKilled(byShop, costs).gets).to.be.below(ownerKilled(byAny, costs).gets)
    expect(gatewayKilled(byShop, costs).gets).to.be.below(gatewayKilled(byAny, costs).gets)
  })

  it("takes as long as was measured to scan for 1,533 names in 10,000 feeds", () => {
    const made = plan(largest, costs)
    const { scan, names, cached } = ownerKilled(made, costs)
    expect((scan / names / cached) * 1533 * 10_000).to.be.closeTo(0.236, 0.01)
  })

  it("is never certain before it is right, nor right before another owner answers", () => {
    for (const screens of [100, 10_000, 1_000_000]) {
      const { right, certain } = ownerKilled(plan({ screens, events: screens / 10, routing: "any" }, costs), costs)
      expect(right).to.be.least(costs.takeover / 1000)
      expect(certain).to.be.above(right)
    }
  })

  it("needs as long for 10,000 shops as was measured when nobody publishes: 38 s of CPU", () => {
    const made = plan({ screens: 100_000, events: 1, routing: "shop" }, costs)
    expect(allLoaded(made, costs)).to.be.closeTo(38, 1)
  })

  it("moves each wall of CPU when what it stands on becomes twice as cheap", () => {
    const at = (using: typeof costs): number[] => walls(using).map((wall) => wall.at)
    const [stream = 0, once = 0, load = 0, scan = 0] = at(costs)
    expect(at({ ...costs, leaderStore: costs.leaderStore / 2 })[0]).to.equal(stream * 2)
    expect(at({ ...costs, onceFollow: costs.onceFollow / 2 })[1]).to.equal(once * 2)
    expect(at({ ...costs, natsLoad: costs.natsLoad / 2 })[2]).to.equal(load * 2)
    expect(at({ ...costs, scan: costs.scan / 2 })[3]).to.equal(scan * 2)
  })
})
