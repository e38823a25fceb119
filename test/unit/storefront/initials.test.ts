import { expect } from "chai"
import { initials } from "../../../web/storefront/initials.ts"

describe("initials", () => {
  for (const [name, expected] of [
    ["Ann", "A"],
    ["bob marlowe", "BM"],
    ["Ana de la Cruz", "AC"],
    ["Łukasz", "Ł"],
    ["<img onerror>", "IO"],
    ["李 雷", "李雷"],
    ["🎉", "?"],
    ["", "?"],
  ] as const) {
    it(`of ${JSON.stringify(name)} are ${expected}`, () => expect(initials(name)).to.equal(expected))
  }
})
