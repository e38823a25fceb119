import { expect } from "chai"
import { GROUNDS } from "../../../web/storefront/grounds.ts"

/** Relative luminance. Source: WCAG 2.2, "relative luminance". */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe("the avatars' colours", () => {
  it("are twelve, all different, and white text on them has a contrast of at least 4.5", () => {
    expect(new Set(GROUNDS).size).to.equal(12)
    for (const ground of GROUNDS) expect(1.05 / (luminance(ground) + 0.05), ground).to.be.at.least(4.5)
  })
})
