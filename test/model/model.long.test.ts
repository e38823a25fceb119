import { readFileSync } from "node:fs"
import { expect } from "chai"
import fc from "fast-check"
import type { Size } from "./adversary.ts"
import { RULES } from "./rules.ts"
import { type Found, search } from "./search.ts"
import { Model, type Property } from "./space.ts"
import { HAND_OVER, LARGE, modelOf, SMALL, VARIANTS } from "./variants.ts"

/** More worlds than any of the broken protocols takes to fail. */
const MOST_WORLDS = 60_000

function explain(model: Model, counterexample: Found["counterexample"]): string {
  return counterexample === undefined ? "" : [counterexample.fault, ...model.trace(counterexample.actions)].join("\n  ")
}

function expectRight(size: Size, properties: readonly Property[], most: number, rules = RULES): Found {
  const model = new Model(size, properties, rules)
  const found = model.search(most)
  expect(explain(model, found.counterexample)).to.equal("")
  return found
}

/** Long walks through a world that is too large to look at all of it. */
function expectRightWalks(size: Size, walks: number): void {
  const model = new Model(size, ["one sender", "right in the end", "shared out"])
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 60 }), (picks) => {
      const counterexample = model.walk(picks)
      expect(explain(model, counterexample)).to.equal("")
    }),
    { numRuns: walks },
  )
}

describe("the model of ownership", () => {
  it("has one sender, right content in the end and an even share after one fault of any kind", () => {
    expectRight({ ...SMALL, faults: 1 }, ["one sender", "right in the end", "shared out"], 2000)
  })

  it("is right with our own gateway, too", () => {
    expectRight({ ...SMALL, faults: 1 }, ["right in the end"], 1000, { ...RULES, gateway: "own" })
  })

  it("loses no request when a member hands over", () => {
    expectRight(HAND_OVER, ["no request lost", "one sender"], 2000)
  })

  it("shares two shards out again when one of three processes dies", () => {
    const size: Size = {
      ...SMALL,
      processes: ["A", "B", "C"],
      shards: 2,
      faults: 1,
      events: 0,
      kinds: ["kill", "pause"],
    }
    expectRight(size, ["one sender", "shared out"], 2000)
  })

  it("is right after many faults in a larger world", () => {
    expectRightWalks(LARGE, 20)
  })

  for (const variant of VARIANTS) {
    it(`fails ${variant.name}`, () => {
      const model = modelOf(variant)
      const found = model.search(MOST_WORLDS)
      expect(found.counterexample).to.not.equal(undefined)
      expect(explain(model, found.counterexample)).to.include("the faults stop")
      // The same world is right with all rules.
      expectRight(variant.size, [variant.property], Math.min(found.worlds, 750))
    })
  }
})

describe("docs/sharding.md", () => {
  it("tells why each rule is needed: it names every broken protocol", () => {
    const page = readFileSync(new URL("../../docs/sharding.md", import.meta.url), "utf8")
    const named = [...page.matchAll(/^\*\*(with.*?)\*\*:/gm)].map(([, name]) => name)
    expect(named).to.deep.equal(VARIANTS.map(({ name }) => name))
  })
})

describe("search()", () => {
  const counting = (wrong: number): Parameters<typeof search<number>>[0] => ({
    initial: 0,
    next: (world) => [1, 3].map((more) => ({ action: `+${more}`, world: Math.min(10, world + more) })),
    fault: (world) => (world === wrong ? `reached ${wrong}` : undefined),
    key: String,
  })

  it("finds the shortest way to a fault", () => {
    const { counterexample } = search(counting(5), 100)
    expect(counterexample?.actions).to.have.lengthOf(3)
    expect(counterexample?.fault).to.equal("reached 5")
  })

  it("tells that it has seen every world", () => {
    expect(search(counting(11), 100)).to.deep.equal({ worlds: 11, complete: true })
  })

  it("stops after as many worlds as it may see", () => {
    expect(search(counting(11), 4)).to.deep.equal({ worlds: 4, complete: false })
  })
})
