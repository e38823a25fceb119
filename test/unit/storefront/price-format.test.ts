import { expect } from "chai"
import { priceFormat } from "../../../web/storefront/price-format.ts"

describe("priceFormat", () => {
  it("writes amounts in the page's language, with the currency if it is known", () => {
    expect(priceFormat("en-GB", "EUR")(1234.5)).to.equal("€1,234.50")
    expect(priceFormat("de", undefined)(1234.5)).to.equal("1.234,50")
  })

  it("does without a language that is none, as many pages have it", () => {
    for (const language of ["en_US", "", "english language"]) {
      expect(priceFormat(language, undefined)(2), language).to.match(/^2[.,]00$/)
    }
  })
})
