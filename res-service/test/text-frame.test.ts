import { expect } from "chai"
import { textFrame } from "../src/text-frame.ts"

describe("textFrame", () => {
  for (const [length, header] of [
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ] as const) {
    it(`makes one frame of ${length} bytes`, () => {
      const frame = textFrame(Buffer.alloc(length, "x"))
      expect([...frame.subarray(0, header.length)]).to.deep.equal([...header])
      expect(frame.subarray(header.length).toString()).to.equal("x".repeat(length))
    })
  }

  it("joins the parts of the text", () => {
    expect([...textFrame(Buffer.from("é"), Buffer.alloc(0), Buffer.from("1"))]).to.deep.equal([
      0x81, 3, 0xc3, 0xa9, 0x31,
    ])
  })
})
