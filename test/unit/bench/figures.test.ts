import { expect } from "chai"
import { EMBEDDED, fanOutName, RESGATE, SOCKET_IO, shapes } from "../../../bench/fan-out/shapes.ts"
import { type Figure, metricsOf, spread, spreadOf } from "../../../bench/figures/figures.ts"
import { verdicts } from "../../../bench/figures/goals.ts"
import { costRatios, sizeName } from "../../../bench/growth/ratios.ts"
import { arrayName, keyedName, postName, publishFigures } from "../../../bench/publish/loads.ts"
import { sessionsName, sessionsShapes } from "../../../bench/sessions/shapes.ts"
import { SHOWN, UNWATCHED, WATCHED } from "../../../bench/shop/names.ts"

describe("spread()", () => {
  it("gives the middle number, whatever the order, and the ends", () => {
    expect(spread([9, 1, 5])).to.deep.equal({ median: 5, least: 1, most: 9 })
  })

  it("gives the mean of the two in the middle when their number is even", () => {
    expect(spread([4, 1, 10, 2])).to.deep.equal({ median: 3, least: 1, most: 10 })
  })

  it("gives one number as all three", () => {
    expect(spread([7])).to.deep.equal({ median: 7, least: 7, most: 7 })
  })

  it("throws when there are no numbers", () => {
    expect(() => spread([])).to.throw("no numbers")
  })
})

describe("spreadOf()", () => {
  const figures: Figure[] = [{ name: "a", system: "x", rounds: [{ perSecond: 1 }, { perSecond: 3, p99Ms: 8 }] }]

  it("takes one metric of all rounds that have it", () => {
    expect(spreadOf(figures, "a", "x", "perSecond")).to.deep.equal({ median: 2, least: 1, most: 3 })
    expect(spreadOf(figures, "a", "x", "p99Ms")).to.deep.equal({ median: 8, least: 8, most: 8 })
  })

  it("is undefined for another name, system or metric", () => {
    expect(spreadOf(figures, "b", "x", "perSecond")).to.equal(undefined)
    expect(spreadOf(figures, "a", "y", "perSecond")).to.equal(undefined)
    expect(spreadOf(figures, "a", "x", "p50Ms")).to.equal(undefined)
  })

  it("has a list of the metrics of a figure", () => {
    expect(figures.map(metricsOf)).to.deep.equal([["perSecond", "p99Ms"]])
  })
})

describe("verdicts()", () => {
  const figure = (name: string, system: string, perSecond: number, p99Ms: number, p50Ms = p99Ms): Figure => ({
    name,
    system,
    rounds: [{ perSecond, p50Ms, p99Ms }],
  })
  const verdict = (figures: Figure[], goal: string) => {
    const found = verdicts(figures).find((each) => each.goal === goal)
    if (found === undefined) throw new Error(`there is no goal ${goal}`)
    return found
  }

  it("divides by what FastAPI and Express reach, and tells a reached goal from a missed one", () => {
    const figures = [
      figure(postName(16), "shopwire", 2000, 5),
      figure(postName(16), "FastAPI", 1000, 5),
      figure(postName(16), "Express", 1600, 10),
    ]
    const name = postName(16)
    expect(verdict(figures, `${name}: rate, compared with FastAPI`)).to.deep.include({ value: 2, reached: true })
    expect(verdict(figures, `${name}: rate, compared with Express`)).to.deep.include({ value: 1.25, reached: false })
    expect(verdict(figures, `${name}: p99, compared with FastAPI`)).to.deep.include({ value: 1, reached: false })
    expect(verdict(figures, `${name}: p99, compared with Express`)).to.deep.include({ value: 0.5, reached: true })
  })

  it("compares POSTs with a key with those without, and one connection with the bare path's", () => {
    const figures = [
      figure(postName(64), "shopwire", 1000, 5),
      figure(keyedName(64), "shopwire", 790, 5),
      figure(postName(1), "shopwire", 900, 2, 0.44),
      figure(postName(1), "bare path", 1000, 2, 0.4),
    ]
    expect(verdict(figures, `${keyedName(64)}: rate, compared with POSTs without a key`)).to.include({
      value: 0.79,
      reached: false,
    })
    expect(verdict(figures, `${postName(1)}: rate, compared with bare path`)).to.include({ value: 0.9, reached: true })
    expect(verdict(figures, `${postName(1)}: p50`)).to.include({ value: 0.44, reached: true })
  })

  it("says nothing about a goal whose figures are missing", () => {
    for (const { value, reached } of verdicts([])) expect([value, reached]).to.deep.equal([undefined, undefined])
    expect(verdict([figure(arrayName(100), "shopwire", 30_000, 1)], `${arrayName(100)}: events/s`).reached).to.equal(
      true,
    )
  })

  it("finds all its figures among those that the suite measures", () => {
    const measured = [
      ...publishFigures.flatMap(({ name, systems }) => systems.map((system) => figure(name, system, 1, 1))),
      ...[SHOWN, UNWATCHED, WATCHED].map((name) => figure(name, "shopwire", 1, 1)),
      ...shapes.flatMap((shape) =>
        [EMBEDDED, SOCKET_IO, RESGATE].map((system) => figure(fanOutName(shape), system, 1, 1)),
      ),
      ...sessionsShapes.flatMap(({ sessions, members, runs }) =>
        runs.map((run) => figure(sessionsName(sessions, members, run), "shopwire", 1, 1)),
      ),
    ]
    expect(verdicts(measured).filter(({ value }) => value === undefined)).to.deep.equal([])
  })
})

describe("costRatios()", () => {
  const growth = { name: "shops", small: 100, large: 1000 }
  const cost = (size: number, edgeCpuMicros: number, gatewayCpuMicros: number): Figure => ({
    name: growth.name,
    system: sizeName(size),
    rounds: [{ edgeCpuMicros, serviceCpuMicros: 50, natsCpuMicros: 50, gatewayCpuMicros }],
  })

  it("divides the cost with much by that with little, without the gateway's", () => {
    const [near] = costRatios([growth], [cost(100, 100, 10), cost(1000, 158, 1000)])
    expect(near).to.deep.include({ growth: "shops", ratio: 1.29, reached: true })
    const [far] = costRatios([growth], [cost(100, 100, 10), cost(1000, 160, 10)])
    expect(far).to.deep.include({ ratio: 1.3, reached: false })
  })

  it("leaves out what was measured with one size only", () => {
    expect(costRatios([growth], [cost(100, 100, 10)])).to.deep.equal([])
  })
})
