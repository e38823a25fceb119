import { expect } from "chai"
import { countdown } from "../../../web/storefront/countdown.ts"

describe("countdown()", () => {
  for (const [leftMs, shown] of [
    [272_000, "4:32"],
    [271_001, "4:32"],
    [60_000, "1:00"],
    [59_000, "0:59"],
    [1, "0:01"],
    [0, "0:00"],
    [-5000, "0:00"],
    [3_599_000, "59:59"],
  ] as const) {
    it(`shows ${leftMs} ms as ${shown}`, () => expect(countdown(leftMs)).to.equal(shown))
  }
})
