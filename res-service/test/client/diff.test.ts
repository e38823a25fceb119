import { expect } from "chai"
import fc from "fast-check"
import { diff } from "../../src/client/diff.ts"
import type { WireValue } from "../../src/client/wire-value.ts"

const values = (numbers: readonly number[]): WireValue[] => numbers.map((n) => ({ type: "primitive", raw: String(n) }))

describe("diff", () => {
  it("leads from any collection to any other, removes first", () => {
    const numbers = fc.array(fc.nat(5), { maxLength: 12 })
    fc.assert(
      fc.property(numbers, numbers, (from, to) => {
        const steps = diff(values(from), values(to))
        const copy = values(from)
        for (const step of steps) {
          if (step.type === "remove") copy.splice(step.idx, 1)
          else copy.splice(step.idx, 0, step.value)
        }
        expect(copy).to.deep.equal(values(to))
        const removes = steps.filter(({ type }) => type === "remove")
        const adds = steps.filter(({ type }) => type === "add")
        expect(steps).to.deep.equal([...removes, ...adds])
        expect([...removes], "removes from the highest index down").to.deep.equal(
          [...removes].sort((a, b) => b.idx - a.idx),
        )
        expect([...adds], "adds from the lowest index up").to.deep.equal([...adds].sort((a, b) => a.idx - b.idx))
      }),
    )
  })

  it("keeps what can be kept", () => {
    expect(diff(values([1, 2, 3]), values([1, 2, 3]))).to.deep.equal([])
    expect(diff(values([1, 2, 3, 4]), values([0, 1, 3, 4]))).to.deep.equal([
      { type: "remove", idx: 1 },
      { type: "add", idx: 0, value: { type: "primitive", raw: "0" } },
    ])
  })

  it("replaces everything when a comparison would be too costly", () => {
    const from = Array.from({ length: 3000 }, (_, i) => i)
    const to = from.map((i) => i + 3000)
    expect(diff(values(from), values(to)).length).to.equal(6000)
  })
})
