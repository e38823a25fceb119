import { expect } from "chai"
import { ResetPatterns } from "../../src/client/reset-pattern.ts"

/** Beside others, which match nothing. */
const matches = (pattern: string, name: string): boolean =>
  countOf(["y.>", pattern, "a.b.y", "*.*.*.y", "..", ""], name) > 0

const countOf = (patterns: readonly string[], name: string): number => {
  const wanted = new ResetPatterns(patterns)
  return wanted.names.filter((each) => each === name).length + wanted.countWildcards(name)
}

describe("ResetPatterns", () => {
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
    ["a.*.>", "a.b", false],
    ["a.*.>", "a.b.c.d", true],
    ["a.$x(", "a.$x(", true],
    ["a.*$", "a.b$", false],
  ] as const) {
    it(`${pattern} ${expected ? "matches" : "does not match"} ${name}`, () => {
      expect(matches(pattern, name)).to.equal(expected)
    })
  }

  for (const pattern of ["", ".", "a.", ".a", "a..b", "a.>.b", "a>", "a*b", "*a", "a b", "a?b", "é"]) {
    it(`leaves ${JSON.stringify(pattern)} out`, () => {
      const patterns = new ResetPatterns([pattern])
      expect([...patterns.names]).to.deep.equal([])
      expect(patterns.haveWildcards).to.equal(false)
    })
  }

  it("counts how many match a name, whatever they begin with", () => {
    const patterns = ["a.b.c", "a.b.c", "a.b.*.e", "*.b.d", "a.*.>", "a.*.>", "a.>"]
    const counts = ["a.b.c", "a.b.d", "x.b.d", "x.b.e", "a.b", "a.b.d.e", "b.b.d.e"].map((name) =>
      countOf(patterns, name),
    )
    expect(counts).to.deep.equal([5, 4, 1, 0, 1, 4, 0])
  })
})
