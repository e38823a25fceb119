import { expect } from "chai"
import { isolatedText, shownText } from "../../../web/shown-text.ts"

describe("shownText()", () => {
  it("leaves out what turns the order of letters, what has no width, and controls", () => {
    expect(shownText("a\u202egpj.exe\u202c")).to.equal("agpj.exe")
    expect(shownText("\u2066a\u2069\u2067b\u2069\u2068c\u2069")).to.equal("abc")
    expect(shownText("Bo\u200bb\ufeff\u2060\u180e")).to.equal("Bob")
    expect(shownText("a\u0000b\u0007c\u009fd\u007fe")).to.equal("abcde")
    expect(shownText("two\nlines\tand\r\nmore")).to.equal("two lines and  more")
  })

  it("leaves letters, marks, joiners and emojis of all scripts", () => {
    for (const text of ["", "FUJI Apples", "שלום", "می‌خواهم", "क्‍ष", "👩‍👩‍👧", "❤️", "a\u0301", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
      expect(shownText(text)).to.equal(text)
  })
})

describe("isolatedText()", () => {
  it("isolates what runs from right to left, once, and leaves the rest", () => {
    expect(isolatedText("Ann")).to.equal("Ann")
    expect(isolatedText("שרה")).to.equal("\u2068שרה\u2069")
    expect(isolatedText("\u2069שרה\u2068\u202e")).to.equal("\u2068שרה\u2069")
    expect(isolatedText("a\u200f")).to.equal("\u2068a\u200f\u2069")
  })
})
