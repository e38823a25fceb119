import { expect } from "chai"
import fc from "fast-check"
import { addSeq, hasSeq, highestSeq, missingIn, type SeqRanges } from "../../../../service/log/producers/seq-ranges.ts"

describe("SeqRanges", () => {
  it("are what was added, in any order, with as few ranges as possible, and what is missing below the highest", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 30 })), (seqs) => {
        const ranges = seqs.reduce<SeqRanges>(addSeq, [])
        const all = Array.from({ length: 32 }, (_, seq) => seq)
        expect(all.filter((seq) => hasSeq(ranges, seq))).to.deep.equal(seqs.toSorted((a, b) => a - b))
        const highest = Math.max(0, ...seqs)
        expect(highestSeq(ranges)).to.equal(highest)
        const missing = missingIn(ranges)
        const isMissing = (seq: number): boolean => missing.some(([from, to]) => from <= seq && seq <= to)
        expect(all.filter(isMissing)).to.deep.equal(all.filter((n) => n > 0 && n < highest && !seqs.includes(n)))
        for (const list of [ranges, missing])
          for (const [i, [from]] of list.slice(1).entries()) expect(from).to.be.above((list[i]?.[1] ?? 0) + 1)
      }),
    )
  })

  it("go up to 2^53 - 1", () => {
    const most = Number.MAX_SAFE_INTEGER
    const ranges = [most, 1, most - 1].reduce<SeqRanges>(addSeq, [])
    expect(ranges).to.deep.equal([
      [1, 1],
      [most - 1, most],
    ])
    expect(missingIn(ranges)).to.deep.equal([[2, most - 2]])
  })
})
