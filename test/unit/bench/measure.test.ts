import { expect } from "chai"
import type { Values } from "../../../bench/figures/figures.ts"
import { inTurns, type MeasureOptions, orMissing } from "../../../bench/figures/measure.ts"

function optionsWith(missing: string[]): MeasureOptions {
  return { seconds: 7, rounds: 2, progress: () => {}, onMissing: (line) => missing.push(line) }
}

describe("inTurns()", () => {
  it("measures each once a round, one after the other, for the given time", async () => {
    const order: string[] = []
    const measurement = (system: string) => ({
      name: "load",
      system,
      measure: async (seconds: number): Promise<Values> => {
        order.push(`${system} ${seconds}`)
        return { perSecond: order.length }
      },
    })
    const figures = await inTurns([measurement("a"), measurement("b")], optionsWith([]))
    expect(order).to.deep.equal(["a 7", "b 7", "a 7", "b 7"])
    expect(figures.map(({ rounds }) => rounds.map(({ perSecond }) => perSecond))).to.deep.equal([
      [1, 3],
      [2, 4],
    ])
  })

  it("leaves out a round that fails, and a figure without any, and says why", async () => {
    const missing: string[] = []
    let calls = 0
    const figures = await inTurns(
      [
        {
          name: "load",
          system: "a",
          measure: async () => {
            if (++calls === 1) throw new Error("no answer")
            return { perSecond: 5 }
          },
        },
        { name: "load", system: "b", measure: () => Promise.reject(new Error("it ended")) },
      ],
      optionsWith(missing),
    )
    expect(figures.map(({ system, rounds }) => [system, rounds.length])).to.deep.equal([["a", 1]])
    expect(missing).to.deep.equal([
      "round 1 of load, a: no answer",
      "round 1 of load, b: it ended",
      "round 2 of load, b: it ended",
    ])
  })
})

describe("orMissing()", () => {
  it("gives nothing for a part that fails, and says why", async () => {
    const missing: string[] = []
    expect(await orMissing("carts", optionsWith(missing), () => Promise.reject(new Error("away")))).to.deep.equal([])
    expect(missing).to.deep.equal(["carts: away"])
  })
})
