import { expect } from "chai"
import fc from "fast-check"
import { pathToRid, pathToRidAndMethod, ridToPath, splitTarget } from "../../src/gateway/http-path.ts"
import { isValidRid } from "../../src/rid.ts"

const ridOf = (target: string): string | undefined => {
  const path = splitTarget(target)
  return path && pathToRid(path, "/api/")
}

describe("HTTP paths", () => {
  for (const [target, rid] of [
    ["/api/library/book/1", "library.book.1"],
    ["/api/library/books?page=2&q=a.b", "library.books?page=2&q=a.b"],
    ["/api/library/a%2Eb", "library.a.b"],
    ["/api/library/a%3Fb", "library.a?b"],
    ["/api/library/%24a", "library.$a"],
    ["/api/library/a.b", undefined],
    ["/api/library//a", undefined],
    ["/api/library/a*", undefined],
    ["/api/library/%C3%A9", undefined],
    ["/api/", undefined],
    ["/%61pi/library/a%2Eb", undefined],
    ["/other/library", undefined],
  ] as const) {
    it(`${target} is ${rid ?? "no resource"}`, () => expect(ridOf(target)).to.equal(rid))
  }

  it("refuses an incomplete escape", () => {
    expect(splitTarget("/api/a%2")).to.equal(undefined)
    expect(splitTarget("/api/a%zz")).to.equal(undefined)
  })

  it("cuts the method off the end", () => {
    const path = splitTarget("/api/library/book/lend?q=1")
    expect(path && pathToRidAndMethod(path, "/api/")).to.deep.equal({ rid: "library.book?q=1", method: "lend" })
    const short = splitTarget("/api/library")
    expect(short && pathToRidAndMethod(short, "/api/")).to.equal(undefined)
  })

  it("leads from a rid to its path and back", () => {
    expect(ridToPath("library.book?q=1.5&x=ä/b", "/api/")).to.equal("/api/library/book%3Fq=1/5&x=%C3%A4%2Fb")
    const part = fc.stringMatching(/^[a-z0-9_$&+=:@!'()~-]{1,8}$/)
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const rid = parts.join(".")
        expect(isValidRid(rid)).to.equal(true)
        expect(ridOf(ridToPath(rid, "/api/"))).to.equal(rid)
      }),
    )
  })
})
