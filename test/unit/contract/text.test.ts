import { expect } from "chai"
import { z } from "zod"
import { DisplayName } from "../../../contract/basket-work.ts"
import { PublishEvent, samplePublishEvent } from "../../../contract/publish-event.ts"
import { CartUpdate, Introduction } from "../../../contract/session-calls.ts"
import { shownName, text, wellFormed } from "../../../contract/text.ts"

const LONE = ["\ud800", "\udfff", "a\ud83d", "\ude00b", "\ude00\ud83d", "\ud83d\ud83d\ude00"]

describe("text", () => {
  it("takes what UTF-8 can hold", () => {
    for (const each of ["", "Äpfel", "😀", "\u0000", "\u202e", "\ufffd", "a\u{10ffff}"])
      expect(text.safeParse(each).success, JSON.stringify(each)).to.equal(true)
  })

  it("refuses half of a surrogate pair", () => {
    for (const each of LONE) expect(text.safeParse(each).success, JSON.stringify(each)).to.equal(false)
  })
})

describe("wellFormed()", () => {
  const json = wellFormed(z.unknown())

  it("refuses half of a surrogate pair in any text of a JSON value, members' names too", () => {
    for (const each of LONE)
      for (const value of [each, [each], { a: { b: [0, each] } }, { [each]: 1 }, [[{ a: [{ [each]: null }] }]]])
        expect(json.safeParse(value).success, JSON.stringify(value)).to.equal(false)
  })

  it("takes all else, however deep", () => {
    for (const value of [null, 1, true, "😀", { "😀": ["Ä", { a: null }] }])
      expect(json.safeParse(value).success, JSON.stringify(value)).to.equal(true)
    let deep: unknown = "😀"
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(json.safeParse(deep).success).to.equal(true)
  })
})

describe("shownName", () => {
  it("takes names with something to see, in any script, without the space around", () => {
    for (const each of ["Ann", "王芳", "שרה", "நிலா", "👩‍👩‍👧", "\u202eAnn", "A\u200bnn", "-", "1"])
      expect(shownName.safeParse(` ${each} `).data, JSON.stringify(each)).to.equal(each)
  })

  const invisible = [
    "",
    " ",
    "\u200b",
    "\u200b\u200d\ufeff",
    "\u202e",
    "\u2066\u2069",
    "\u3164",
    "\u115f",
    "\u00ad",
    "\u2800",
  ]
  for (const each of [...invisible, "\u0301", "\u0000", "\n", "\u00a0", "\u{e0041}", "\ufe0f"]) {
    it(`refuses a name of ${[...each].map((c) => `U+${c.codePointAt(0)?.toString(16)}`).join(" ") || "nothing"}`, () => {
      expect(shownName.safeParse(each).success).to.equal(false)
    })
  }
})

describe("lone surrogates", () => {
  for (const field of ["action", "product_name", "UPC", "category_id"]) {
    it(`are refused in ${field} of an event`, () => {
      const parsed = PublishEvent.safeParse({ ...samplePublishEvent, [field]: "a\ud800" })
      expect(parsed.error?.issues.map(({ path, message }) => [path.join("."), message])).to.deep.equal([
        [field, "expected Unicode text without lone surrogates"],
      ])
    })
  }

  it("are refused in names and carts", () => {
    expect(DisplayName.safeParse("Ann\ud800").success).to.equal(false)
    expect(Introduction.safeParse({ customerName: "Ann\ud800" }).success).to.equal(false)
    const cart = (cartContent: unknown) => CartUpdate.safeParse({ customerId: "a", cartContent }).success
    expect(cart({ items: [{ name: "\ud800" }] })).to.equal(false)
    expect(cart({ "\ud800": 1 })).to.equal(false)
    expect(cart({ items: [{ name: "😀" }] })).to.equal(true)
  })
})
