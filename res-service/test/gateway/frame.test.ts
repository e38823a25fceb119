import { expect } from "chai"
import { encodeTextFrame } from "../../src/gateway/frame.ts"

describe("encodeTextFrame", () => {
  for (const [length, header] of [
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ] as const) {
    it(`makes one frame of ${length} bytes`, () => {
      const frame = encodeTextFrame("x".repeat(length))
      expect([...frame.subarray(0, header.length)]).to.deep.equal([...header])
      expect(frame.subarray(header.length).toString()).to.equal("x".repeat(length))
    })
  }

  it("counts bytes, not characters", () => {
    expect([...encodeTextFrame("é")]).to.deep.equal([0x81, 2, 0xc3, 0xa9])
  })
})
