import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { usePages } from "../helpers/pages.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"
import { Shop } from "./shop.ts"

/** What a browser may do to a page's storages, as a script that runs before the page's own. */
const storages: readonly (readonly [what: string, initScript: string])[] = [
  [
    "cookies are blocked",
    `for (const name of ["localStorage", "sessionStorage"])
       Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied", "SecurityError") } })`,
  ],
  [
    "there is no storage",
    `for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: null })`,
  ],
  [
    "the storage is full",
    `Storage.prototype.setItem = () => { throw new DOMException("The quota has been exceeded", "QuotaExceededError") }`,
  ],
  [
    "another script has written there",
    `for (const [name, value] of [
       ["shops", { a: 1 }], ["theme", ["dark"]], ["name", 7], ["attention", [null]], ["session", { token: {} }],
     ]) {
       localStorage.setItem("shopwire." + name, JSON.stringify(value))
       sessionStorage.setItem("shopwire." + name, JSON.stringify(value))
     }
     localStorage.setItem("shopwire.theme", "{")
     sessionStorage.setItem("demo-cart", '[{"quantity":1,"product":{}},null,{"quantity":"2"}]')
     sessionStorage.setItem("buddyshopping:" + location.origin, '{"sessionId":7}')`,
  ],
]

describe("the pages where the browser keeps nothing for them", () => {
  const browser = useBrowser()
  const pages = usePages()

  for (const [what, initScript] of storages) {
    it(`show the merchant's page when ${what}, and take what is chosen there`, async () => {
      const [shopId, session_id] = [randomUUID(), randomUUID()]
      await publishAll(pages.product.edgeUrl, [publishEvent({ shop_id: shopId, session_id, product_name: "Pears" })])
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), { initScript })
      await merchant.top("Pears")
      const { page } = merchant
      await page.getByRole("button", { name: "Display" }).click()
      await page.getByRole("radio", { name: "Dark" }).click()
      await page.keyboard.press("Escape")
      expect(await page.evaluate(() => document.documentElement.dataset.theme)).to.equal("dark")
      await merchant.basket(session_id.slice(0, 8)).getByRole("button", { name: "Claim" }).click()
      await page.getByLabel(/Your name/).fill("Ann")
      await page.keyboard.press("Enter")
      await merchant.basket(session_id.slice(0, 8)).getByText("Ann").waitFor()
      await page.getByRole("button", { name: "Alerts" }).click()
      await page.getByLabel("Order of at least").fill("50")
      await page.keyboard.press("Escape")
      await page.getByRole("link", { name: "shopwire" }).click()
      await page.getByRole("heading", { name: "Open a shop" }).waitFor()
      await page.getByRole("link", { name: `Shop ${shopId.slice(0, 8)}` }).waitFor()
    })

    it(`let friends shop together in the demo shop when ${what}`, async () => {
      const url = `${pages.product.edgeUrl}/storefront/`
      const ann = new Shop(await browser.open(url, { initScript }))
      await ann.add("FUJI Apples")
      await ann.enter("Ann", "Start shopping together")
      await ann.member("Ann").getByText("FUJI Apples").waitFor()
      const bob = new Shop(await browser.open(await ann.inviteUrl(), { initScript }))
      await bob.enter("Bob", "Join your friend")
      await ann.shows("Ann* Bob")
      await ann.button("One FUJI Apples less").click()
      await ann.member("Ann").getByText("The cart is empty").waitFor()
      await bob.panel.getByRole("button", { name: "Leave" }).click()
      await ann.shows("Ann*")
    })
  }

  it("say so on the merchant's page when it breaks, and begin again", async () => {
    browser.allow(/broken on purpose/)
    const shopId = randomUUID()
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await page.evaluate(() => {
      HTMLDialogElement.prototype.showModal = () => {
        throw new Error("broken on purpose")
      }
    })
    await page.getByRole("button", { name: "Alerts" }).click()
    await page.getByRole("alert").getByText("broken on purpose").waitFor()
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByText("No activity yet").waitFor()
  })
})
