import { expect } from "chai"
import { useBrowser } from "../helpers/browser.ts"
import { type Product, startProduct } from "../helpers/product.ts"

describe("the merchant's page", () => {
  const browser = useBrowser()
  let product: Product

  before(async () => {
    product = await startProduct()
  })

  after(() => product?.stop())

  it("opens", async () => {
    const page = await browser.open(`${product.edgeUrl}/`)
    expect(await page.title()).to.equal("shopwire")
  })
})
