import { expect } from "chai"
import { resetPattern } from "../../src/client/reset-pattern.ts"

const matches = (pattern: string, name: string): boolean => {
  const found = resetPattern(pattern)
  return typeof found === "function" ? found(name) : found === name
}

describe("resetPattern", () => {
  for (const [pattern, name, expected] of [
    ["a.b", "a.b", true],
    ["a.b", "a.b.c", false],
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.*.c", "a.b.c", true],
    ["*", "a", true],
    ["*", "a.b", false],
    [">", "a.b", true],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    ["a.$x(", "a.$x(", true],
    ["a.*$", "a.b$", false],
  ] as const) {
    it(`${pattern} ${expected ? "matches" : "does not match"} ${name}`, () => {
      expect(matches(pattern, name)).to.equal(expected)
    })
  }

  for (const pattern of ["", ".", "a.", ".a", "a..b", "a.>.b", "a>", "a*b", "*a", "a b", "a?b", "é"]) {
    it(`refuses ${JSON.stringify(pattern)}`, () => {
      expect(resetPattern(pattern)).to.equal(undefined)
    })
  }
})
