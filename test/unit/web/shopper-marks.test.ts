import { expect } from "chai"
import fc from "fast-check"
import { COLOURS, ShopperMarks } from "../../../web/merchant/people/shopper-marks.ts"

const colourOf = ({ hue, lightness }: { hue: number; lightness: number }): string => `${hue} ${lightness}`

describe("ShopperMarks", () => {
  it("gives a shopper the same mark on every page", () => {
    const id = "3f0d6f9a-6f0e-4a53-9d6a-0d6a3c1f2b7e"
    expect(new ShopperMarks().of(id)).to.deep.equal(new ShopperMarks().of(id))
  })

  it("never gives two that are shown the same number or colour, and never changes one while it is shown", () => {
    const step = fc.record({ id: fc.nat({ max: 400 }), leaves: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const marks = new ShopperMarks()
        const shown = new Map<string, { mark: ReturnType<ShopperMarks["of"]>; leave: () => void }>()
        for (const { id, leaves } of steps) {
          const shopper = `shopper ${id}`
          const before = shown.get(shopper)
          if (before !== undefined && leaves) {
            before.leave()
            shown.delete(shopper)
          } else if (before === undefined && shown.size < COLOURS) {
            const mark = marks.of(shopper)
            shown.set(shopper, { mark, leave: marks.show(shopper) })
          }
          const all = [...shown].map(([each, { mark }]) => {
            expect(marks.of(each)).to.deep.equal(mark)
            return mark
          })
          expect(new Set(all.map(({ number }) => number)).size).to.equal(all.length)
          expect(new Set(all.map(colourOf)).size).to.equal(all.length)
        }
      }),
    )
  })

  it("keeps numbers apart where more are shown than there are colours", () => {
    const marks = new ShopperMarks()
    const all = Array.from({ length: 100 }, (_, i) => {
      marks.show(`shopper ${i}`)
      return marks.of(`shopper ${i}`)
    })
    expect(new Set(all.map(({ number }) => number)).size).to.equal(100)
    expect(new Set(all.map(colourOf)).size).to.equal(COLOURS)
  })

  it("gives numbers from 1 to 999", () => {
    const marks = new ShopperMarks()
    for (let i = 0; i < 2000; i++) expect(marks.of(`shopper ${i}`).number).to.be.within(1, 999)
  })
})
