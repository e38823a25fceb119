import { expect } from "chai"
import fc from "fast-check"
import { ChunkedList } from "../../src/client/chunked-list.ts"

describe("ChunkedList", () => {
  it("equals an array after any adds and removes, and leaves earlier lists unchanged", () => {
    const step = fc.record({ remove: fc.boolean(), where: fc.double({ min: 0, max: 1, noNaN: true }) })
    fc.assert(
      fc.property(fc.nat(1_100), fc.array(step, { maxLength: 60 }), (size, steps) => {
        let array = Array.from({ length: size }, (_, i) => i)
        let list = ChunkedList.of(array)
        for (const [n, { remove, where }] of steps.entries()) {
          const [before, lengthBefore] = [list, list.length]
          if (remove && list.length > 0) {
            const idx = Math.min(Math.floor(where * list.length), list.length - 1)
            expect(list.at(idx)).to.equal(array[idx])
            array = array.toSpliced(idx, 1)
            list = list.withRemoved(idx)
          } else {
            const idx = Math.floor(where * list.length)
            array = array.toSpliced(idx, 0, -n)
            list = list.withAdded(idx, -n)
          }
          expect(before.length).to.equal(lengthBefore)
        }
        expect(list.all).to.deep.equal(array)
        expect(list.length).to.equal(array.length)
        expect(list.at(array.length)).to.equal(undefined)
      }),
    )
  })

  it("takes many values at one index, and keeps them all", () => {
    let list = ChunkedList.of<number>([])
    for (let i = 0; i < 3_000; i++) list = list.withAdded(0, i)
    expect(list.all).to.deep.equal(Array.from({ length: 3_000 }, (_, i) => 2_999 - i))
    for (let i = 0; i < 3_000; i++) list = list.withRemoved(list.length - 1)
    expect(list.all).to.deep.equal([])
    expect(list.withAdded(0, 7).all).to.deep.equal([7])
  })
})
