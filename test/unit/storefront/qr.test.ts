import { expect } from "chai"
import decodeQR from "qr/decode.js"
import { qrPath } from "../../../web/storefront/qr.ts"

/** Pixels of each module. */
const SCALE = 4

describe("qrPath()", () => {
  it("draws a code that readers read", () => {
    const url = "https://shop.example/tea?buddyshoppingId=fSLX2dmyQSKYTqVeBRWqcg&buddyshoppingInvite=x".repeat(2)
    const { size, d } = qrPath(url)
    const width = size * SCALE
    const data = new Uint8Array(width * width * 4).fill(255)
    for (const [, x = "", y = ""] of d.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
      for (let down = 0; down < SCALE; down++) {
        const from = ((Number(y) * SCALE + down) * width + Number(x) * SCALE) * 4
        for (let at = from; at < from + SCALE * 4; at++) if (at % 4 !== 3) data[at] = 0
      }
    }
    expect(decodeQR({ width, height: width, data })).to.equal(url)
  })
})
