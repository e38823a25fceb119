import { expect } from "chai"
import { encodeFrames, Frame } from "../../src/gateway/frame.ts"

describe("Frame", () => {
  for (const [length, header] of [
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ] as const) {
    it(`makes one frame of ${length} bytes`, () => {
      const frame = new Frame("x".repeat(length)).bytes
      expect([...frame.subarray(0, header.length)]).to.deep.equal([...header])
      expect(frame.subarray(header.length).toString()).to.equal("x".repeat(length))
    })
  }

  it("counts bytes, not characters", () => {
    expect([...new Frame("é").bytes]).to.deep.equal([0x81, 2, 0xc3, 0xa9])
  })

  it("is the same whether its bytes were made before or with others", () => {
    const [a, b] = [new Frame("é"), new Frame("y".repeat(200))]
    const expected = Buffer.concat([new Frame("é").bytes, new Frame("y".repeat(200)).bytes])
    expect(encodeFrames([a, b])).to.deep.equal(expected)
    expect(b.bytes.length).to.equal(204)
    expect(encodeFrames([a, b])).to.deep.equal(expected)
  })
})
