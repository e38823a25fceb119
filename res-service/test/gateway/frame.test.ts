import { expect } from "chai"
import { encodeFrames, Frame } from "../../src/gateway/frame.ts"
import { textFrame } from "../../src/text-frame.ts"

describe("Frame", () => {
  it("counts bytes, not characters", () => {
    expect([...new Frame("é").bytes]).to.deep.equal([...textFrame(Buffer.from("é"))])
  })

  it("is the same whether its bytes were made before or with others", () => {
    const [a, b] = [new Frame("é"), new Frame("y".repeat(200))]
    const expected = Buffer.concat([new Frame("é").bytes, new Frame("y".repeat(200)).bytes])
    expect(encodeFrames([a, b])).to.deep.equal(expected)
    expect(b.bytes.length).to.equal(204)
    expect(encodeFrames([a, b])).to.deep.equal(expected)
  })
})
