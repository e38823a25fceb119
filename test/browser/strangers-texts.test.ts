import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Locator } from "playwright-core"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"
import { Shop } from "./shop.ts"

/** Ends an isolate, turns all that follows around, and hides a control and a space of no width. */
const odd = (text: string): string => `\u2069\u202e${text}\u200b\u0007`

/**
 * Texts and attributes of an element, and of all in it, that hold such characters; and texts from right to left that nothing isolates.
 */
async function oddTexts(element: Locator): Promise<string[]> {
  return await element.evaluate((root) => {
    const unseen = /[\p{Cc}\u200b\u202a-\u202e\u2066\u2067\ufeff]/u
    const found: string[] = []
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node: Node | null = root; node !== null; node = walker.nextNode()) {
      const text = node instanceof Element ? "" : (node.textContent ?? "")
      if (unseen.test(text.replaceAll("\n", ""))) found.push(text)
      // A text alone in a block or a box of its own is isolated, too; a sentence isolates by characters.
      const parent = node.parentElement
      const isAlone = parent !== null && parent.childNodes.length === 1 && getComputedStyle(parent).display !== "inline"
      const isIsolated = isAlone || text.includes("\u2068") || parent?.closest("bdi") !== null
      if (/[\u0590-\u05ff]/.test(text) && !isIsolated) found.push(text)
      if (!(node instanceof Element)) continue
      // The value of an option is never shown.
      for (const { name, value } of node.attributes)
        if (name !== "value" && unseen.test(value)) found.push(`${name}=${value}`)
    }
    return found
  })
}

describe("strangers' texts on the screens", () => {
  const browser = useBrowser()
  const pages = usePages()

  it("turn and hide nothing on the merchant's page, in rows, baskets, figures, filters and notices", async () => {
    const shopId = randomUUID()
    const session_id = randomUUID()
    const fields = {
      shop_id: shopId,
      session_id,
      action: "ADD",
      product_name: odd("תפוח"),
      category_id: odd("פירות"),
      UPC: odd("א1"),
    }
    await publishAll(pages.product.edgeUrl, [publishEvent(fields), publishEvent({ ...fields, action: odd("בדיקה") })])
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    const basket = `${pages.gateway.url}/api/store/${shopId}/basket/${session_id}`
    expect((await post(`${basket}/acknowledge`, { by: odd("שרה") })).status).to.equal(200)
    const body = merchant.page.locator("body")
    await merchant.page.locator(".acknowledged", { hasText: "שרה" }).first().waitFor()
    expect(await merchant.products()).to.deep.equal(["תפוח", "תפוח"])
    expect(await oddTexts(body)).to.deep.equal([])
    const name = session_id.slice(0, 8)
    await merchant.openBasket(name)
    await merchant.page.getByRole("dialog").getByRole("row", { name: /תפוח/ }).waitFor()
    expect(await oddTexts(body)).to.deep.equal([])
    const isolation = await merchant.page
      .locator("bdi")
      .evaluateAll((all) => all.map((each) => getComputedStyle(each).unicodeBidi))
    expect(new Set(isolation)).to.deep.equal(new Set(["isolate"]))
  })

  it("turn and hide nothing in the widget, in names, carts and what is said", async () => {
    const shop = new Shop(await browser.open(`${pages.product.edgeUrl}/storefront/`))
    await shop.enter("Ann", "Start shopping together")
    const sessionId = await shop.page.evaluate(() => window.BuddyShopping.state.sessionId ?? "")
    const guest = await Storefront.open(pages.product.edgeUrl, sessionId)
    const customerName = "\u2069\u202eשרה\u200b"
    await guest.join(customerName)
    const item = { quantity: 1, product: { name: odd("תפוח"), price: 2 }, options: { [odd("גודל")]: odd("ל") } }
    guest.send("updateCart", { customerId: guest.customerId, cartContent: { items: [item] } })
    await until("the guest's cart", async () => (await shop.panel.innerText()).includes("תפוח"))
    expect(await oddTexts(shop.panel)).to.deep.equal([])
    await shop.panel.getByText("As the host, you’re last").waitFor()
    expect(await shop.member("שרה").locator(".name").textContent()).to.equal("שרה")
    await guest.close()
  })
})
