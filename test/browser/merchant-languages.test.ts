import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Page } from "playwright-core"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { usePages } from "../helpers/pages.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Texts and labels on the page with a Latin word, except what shops and shoppers wrote, and IDs, which a sentence isolates by
 * characters.
 */
async function latinTexts(page: Page): Promise<string[]> {
  const found = await page.evaluate((foreign) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    const texts: string[] = []
    for (let node: Node | null = walker.root; node !== null; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement
      if (element === null || element.closest(foreign) !== null) continue
      if (node !== element) texts.push(node.textContent ?? "")
      else texts.push(...["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name) ?? ""))
    }
    return texts
  }, "bdi, code, .brand, option, .basket-mark, .action")
  return found.filter((text) => !UUID.test(text) && /[a-z]{2}/i.test(text.replaceAll(/\u2068[^\u2069]*\u2069/g, "")))
}

describe("the merchant's page in other languages", () => {
  const browser = useBrowser()
  const pages = usePages()

  async function shopWithBasket(): Promise<string> {
    const shopId = randomUUID()
    const fields = { shop_id: shopId, session_id: randomUUID(), product_name: "Pears", product_price: 1234.5 }
    await publishAll(pages.product.edgeUrl, [publishEvent({ ...fields, basket_total: 1000 })])
    return shopId
  }

  const root = (page: Page) => page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])

  it("speaks the browser's language, with its numbers", async () => {
    const shopId = await shopWithBasket()
    const page = await browser.open(pages.merchantUrl(shopId), { locale: "es-MX" })
    await page.getByRole("heading", { name: "Pedidos y cestas" }).waitFor()
    await page.getByText("En directo").waitFor()
    expect(await root(page)).to.deep.equal(["es", "ltr"])
    expect(await page.locator(".basket .sum").textContent()).to.equal("1,234.50")
    await page.getByText("1 artículo", { exact: true }).waitFor()
  })

  it("is English in a browser whose languages it does not have", async () => {
    const page = await browser.open(pages.merchantUrl(randomUUID()), { locale: "ja-JP" })
    await page.getByText("No activity yet").waitFor()
    expect(await root(page)).to.deep.equal(["en", "ltr"])
  })

  it("changes its language at once where somebody chooses one, and keeps the choice", async () => {
    const shopId = await shopWithBasket()
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByLabel("Language").selectOption("es")
    await page.getByRole("heading", { name: "Pedidos y cestas" }).waitFor()
    await page.reload()
    await page.getByRole("heading", { name: "Pedidos y cestas" }).waitFor()
    await page.getByRole("button", { name: "Aspecto" }).click()
    await page.getByLabel("Idioma").selectOption("en")
    await page.getByRole("heading", { name: "Orders and baskets" }).waitFor()
  })

  for (const [where, viewport] of [
    ["a desktop", { width: 1280, height: 800 }],
    ["a phone", { width: 360, height: 740 }],
  ] as const) {
    it(`runs from right to left in Arabic on ${where}, without an English word, and fits`, async () => {
      const shopId = await shopWithBasket()
      const page = await browser.open(pages.merchantUrl(shopId), { locale: "ar-EG", viewport })
      await page.getByText("مباشر", { exact: true }).waitFor()
      await page.locator("article.event").first().waitFor()
      expect(await root(page)).to.deep.equal(["ar", "rtl"])
      expect(await latinTexts(page)).to.deep.equal([])
      expect(await axeViolations(page)).to.deep.equal([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(viewport.width)
      const [brand, spread] = await Promise.all([
        page.locator(".brand").boundingBox(),
        page.locator(".badge").boundingBox(),
      ])
      expect(brand?.x).to.be.greaterThan(spread?.x ?? Number.POSITIVE_INFINITY)
      await page.locator("article button").first().click()
      await page.getByRole("dialog").getByRole("row").nth(1).waitFor()
      expect(await latinTexts(page)).to.deep.equal([])
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "التنبيهات" }).click()
      await page.getByRole("dialog").waitFor()
      expect(await latinTexts(page)).to.deep.equal([])
    })
  }

  it("says what to do where a part of the page can't be loaded, as after an update", async () => {
    browser.allow(/Failed to load resource/)
    // Before the page loads it by itself.
    const { page } = await MerchantPage.open(browser, `${pages.product.edgeUrl}/merchant/`)
    const missing = /\/assets\/display-dialog-/
    await page.route(missing, (route) => route.fulfill({ status: 404 }))
    await page.reload()
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByRole("alert").getByText("Couldn't load this part of the page.").waitFor()
    await page.unroute(missing)
    await page.getByRole("button", { name: "Reload" }).click()
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByLabel("Language").waitFor()
  })

  it("stays in English where the texts of another language can't be loaded", async () => {
    browser.allow(/Failed to load resource/)
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(randomUUID()))
    await page.route(/\/assets\/es-/, (route) => route.abort())
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByLabel("Language").selectOption("es")
    await page.getByText("No activity yet").waitFor()
    expect(await root(page)).to.deep.equal(["en", "ltr"])
  })
})
