import { expect } from "chai"
import { localeOf, ownName, pickLanguage } from "../../../web/language.ts"

describe("pickLanguage()", () => {
  const available = ["en", "es", "ar"]

  for (const [wanted, picked] of [
    [["es-MX", "en"], "es"],
    [["de", "ar-EG", "en"], "ar"],
    [["fr", "de"], "en"],
    [[], "en"],
    [["", "not a language tag", "es"], "es"],
  ] as const) {
    it(`picks ${picked} given [${wanted.join(", ")}]`, () => {
      expect(pickLanguage(wanted, available, "en")).to.equal(picked)
    })
  }
})

describe("localeOf()", () => {
  it("is the browser's own variant of the language", () => {
    expect(localeOf("en", ["de", "en-GB", "en-US"])).to.equal("en-GB")
  })

  it("is the language where the browser prefers no variant of it", () => {
    expect(localeOf("ar", ["en-GB"])).to.equal("ar")
  })
})

describe("ownName()", () => {
  it("is the language's name in itself", () => {
    expect(["en", "es", "ar"].map(ownName)).to.deep.equal(["English", "español", "العربية"])
  })
})
