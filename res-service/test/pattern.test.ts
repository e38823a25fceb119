import { expect } from "chai"
import { isValidName, isValidPart, isValidRid, Pattern, parseRid } from "res-service"

describe("Pattern", () => {
  it("matches parts one by one, and gives the placeholders' values", () => {
    const pattern = new Pattern("library.$shelf.book.$id")
    expect(pattern.match("library.7.book.42")).to.deep.equal({ shelf: "7", id: "42" })
    for (const name of ["library.7.book", "library.7.book.42.page", "library.7.shelf.42", "x.7.book.42", ""]) {
      expect(pattern.match(name), name).to.equal(undefined)
    }
    expect(pattern.subject).to.equal("library.*.book.*")
  })

  it("lets > stand for one or more parts, at the end only", () => {
    const pattern = new Pattern("library.$shelf.>")
    expect(pattern.match("library.7.a")).to.deep.equal({ shelf: "7" })
    expect(pattern.match("library.7.a.b")).to.deep.equal({ shelf: "7" })
    expect(pattern.match("library.7")).to.equal(undefined)
    expect(() => new Pattern("library.>.a")).to.throw(TypeError)
  })

  it("makes a name, and refuses values that are not parts", () => {
    const pattern = new Pattern("library.book.$id")
    expect(pattern.name({ id: "42" })).to.equal("library.book.42")
    for (const id of ["", "a.b", "*", ">", "a?b", "a b", "é", "\n"])
      expect(() => pattern.name({ id }), id).to.throw(TypeError)
  })

  it("sorts literal before placeholder before rest", () => {
    const sorted = ["a.>", "a.$b.c", "a.b.$c", "a.b.c", "a.$b"]
      .map((source) => new Pattern(source))
      .toSorted(Pattern.compare)
    expect(sorted.map(({ source }) => source)).to.deep.equal(["a.b.c", "a.b.$c", "a.$b.c", "a.$b", "a.>"])
  })
})

describe("resource IDs", () => {
  it("are names of printable ASCII parts, with an optional query", () => {
    for (const name of ["a", "a.b", "a-b_c.$d{}", "!.~"]) expect(isValidName(name), name).to.equal(true)
    for (const name of ["", ".", "a.", ".a", "a..b", "a*", ">", "a b", "a?b", "é", "a\u007f"])
      expect(isValidName(name), name).to.equal(false)
    expect(isValidPart("a.b")).to.equal(false)
    expect(isValidRid("a.b?any thing=é")).to.equal(true)
    expect(parseRid("a.b?c=d?e")).to.deep.equal({ name: "a.b", query: "c=d?e" })
  })
})
