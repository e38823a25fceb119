import { expect } from "chai"
import { PNG } from "pngjs"
import { differenceOf, smaller } from "../../browser/screens/picture.ts"

const [WIDTH, HEIGHT] = [120, 80]

/** A picture of a shade of grey for each column, with a square. */
function picture({ left = 10, width = WIDTH }: { left?: number; width?: number } = {}): Buffer {
  const png = new PNG({ width, height: HEIGHT })
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < width; x++) {
      const isSquare = y >= 20 && y < 40 && x >= left && x < left + 20
      png.data.set(isSquare ? [200, 30, 60, 255] : [2 * x, 2 * x, 2 * x + (y % 4), 255], 4 * (y * width + x))
    }
  }
  return PNG.sync.write(png)
}

describe("differenceOf()", () => {
  it("is undefined for a picture and the same one in fewer bytes, though it has more colours than a palette", () => {
    expect(smaller(picture()).length).to.be.below(picture().length)
    expect(differenceOf(smaller(picture()), picture())).to.equal(undefined)
  })

  it("counts the pixels of what has moved, and marks them", () => {
    const { what, marked } = differenceOf(smaller(picture()), picture({ left: 15 })) ?? {}
    // Without some at its edges, which may be a letter's.
    expect(Number.parseInt(what ?? "", 10)).to.be.within(100, 200)
    expect(marked?.length).to.be.above(0)
  })

  it("is that of the sizes, if these differ", () => {
    expect(differenceOf(picture(), picture({ width: 100 }))).to.deep.equal({
      what: "100 × 80 instead of 120 × 80",
      marked: undefined,
    })
  })
})
