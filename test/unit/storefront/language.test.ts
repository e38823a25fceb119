import { expect } from "chai"
import { languageFor, loadLanguage } from "../../../web/storefront/language.ts"

describe("the widget's language", () => {
  it("is the page's, or else the browser's, or English", () => {
    expect(languageFor(["es-MX", "en"])).to.equal("es")
    expect(languageFor(["de", "ar-EG", "en"])).to.equal("ar")
    expect(languageFor(["", "de"])).to.equal("en")
  })

  it("is loaded from a file of its own, with the locale that the reader prefers, and English is not", async () => {
    const loaded: string[] = []
    const load = async (file: string) => {
      loaded.push(file)
      return { default: { "panel.leave": "x" } }
    }
    const wanted = ["ar-EG", "en-GB"]
    expect(await loadLanguage("ar", wanted, load)).to.deep.equal({
      texts: { "panel.leave": "x" },
      locale: "ar-EG",
      direction: "rtl",
    })
    expect(await loadLanguage("en", wanted, load)).to.include({ locale: "en-GB", direction: "ltr" })
    expect(loaded).to.deep.equal(["widget-ar.js"])
  })

  it("is English where its file cannot be loaded", async () => {
    const failing = () => Promise.reject(new Error("blocked"))
    expect(await loadLanguage("es", ["es"], failing)).to.deep.equal({ texts: {}, locale: "en", direction: "ltr" })
  })
})
