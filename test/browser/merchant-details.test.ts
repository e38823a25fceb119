import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { Locator } from "playwright-core"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true }

describe("the merchant's page in detail", () => {
  const browser = useBrowser()
  const pages = usePages()

  const publish = (events: readonly PublishEvent[]) => publishAll(pages.product.edgeUrl, events)
  const numbered = (shopId: string, count: number, from = 1): PublishEvent[] =>
    Array.from({ length: count }, (_, i) => publishEvent({ shop_id: shopId, product_name: `no. ${from + i}` }))
  const query = (merchant: MerchantPage) => Object.fromEntries(new URL(merchant.page.url()).searchParams)
  /** Waits for an address: closing a basket is Back, which takes effect later. */
  const queryIs = (merchant: MerchantPage, expected: Readonly<Record<string, string>>) =>
    until(`the address of ${JSON.stringify(expected)}`, () => isDeepStrictEqual(query(merchant), expected))

  for (const [where, options] of [
    ["a wide screen", {}],
    ["a phone", PHONE],
  ] as const) {
    it(`shows a basket whose product has a long name without a space, on ${where}`, async () => {
      const [shopId, session_id] = [randomUUID(), randomUUID()]
      const long = { product_name: "W".repeat(300), category_id: "C".repeat(100), product_price: 0.001 }
      await publish([publishEvent({ shop_id: shopId, session_id, ...long })])
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), options)
      const { page } = merchant
      await page.locator("article button").click()
      const dialog = page.getByRole("dialog")
      await dialog.getByRole("cell", { name: "0.001" }).first().waitFor()
      const [inside, outside] = await dialog.evaluate((element) => [element.scrollWidth, element.clientWidth])
      expect(inside).to.equal(outside)
      const { x = 0, width = 0 } = (await dialog.getByRole("button", { name: "Close" }).boundingBox()) ?? {}
      expect(x + width).to.be.at.most(page.viewportSize()?.width ?? 0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).to.be.at.most(0)
    })
  }

  it("shows amounts below a cent as they are", async () => {
    const shopId = randomUUID()
    await publish([publishEvent({ shop_id: shopId, product_price: 0.001, basket_total: 0.001 })])
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    expect(await merchant.page.locator("article.event .price").textContent()).to.equal("0.001")
    await merchant.page.locator(".basket .sum", { hasText: "0.001" }).waitFor()
  })

  it("says the day of what was on another day than today, and none of today", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 1))
    const today = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    expect(await today.page.locator("article.event time").textContent()).to.match(/^\d\d:\d\d:\d\d$/)
    const later = await MerchantPage.open(browser, pages.merchantUrl(shopId), {
      initScript: `{ const Now = Date; const later = () => Now.now() + 2 * 86_400_000
        globalThis.Date = class extends Now {
          constructor(...given) { given.length === 0 ? super(later()) : super(...given) }
          static now() { return later() }
        } }`,
    })
    expect(await later.page.locator("article.event time").textContent()).to.match(/^\d+ \w+\d\d:\d\d:\d\d$/)
    await later.page
      .getByRole("navigation", { name: "Lanes" })
      .getByRole("button", { name: /^Abandoned/ })
      .click()
    const title = await later.page.locator(".basket time", { hasText: /^2 days ago$/ }).getAttribute("title")
    expect(title).to.match(/^\d+ \w+ \d{4}, \d\d:\d\d:\d\d$/)
    await later.page.getByRole("radio", { name: "Activity" }).click()
    await later.page
      .locator(".chart")
      .getByText(/^1 event since \d+ \w+, \d\d:00$/)
      .waitFor()
  })

  it("counts all open baskets where the list ends at the latest hundred", async () => {
    const shopId = randomUUID()
    await publish(Array.from({ length: 130 }, () => publishEvent({ shop_id: shopId, session_id: randomUUID() })))
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await page.getByText("These are the latest 100 of 130.").waitFor()
    expect(await page.locator(".baskets .count").textContent()).to.equal("130")
    expect(await page.locator(".tile", { hasText: "Open baskets" }).locator(".value").textContent()).to.equal("130")
  })

  it("covers no button by notices on a phone", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 30))
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), PHONE)
    await merchant.top("no. 30")
    const checkout = (basket_total: number) => publishEvent({ shop_id: shopId, action: "CHECKOUT", basket_total })
    await publish([checkout(200), checkout(300)])
    const { page } = merchant
    await page.locator(".notice", { hasText: "Order of 300.00" }).waitFor()
    await page.locator(".notice", { hasText: "and 1 more" }).waitFor()
    const covered = await page.evaluate(() =>
      [...document.querySelectorAll("button, select, [role=tab]")]
        .filter((element) => {
          const { left, top, width, height } = element.getBoundingClientRect()
          const hit = document.elementFromPoint(left + width / 2, top + height / 2)
          return hit !== null && hit.closest(".notices") !== null && element.closest(".notices") === null
        })
        .map(({ textContent }) => textContent),
    )
    expect(covered).to.deep.equal([])
  })

  describe("by keyboard", () => {
    const focused = (merchant: MerchantPage) =>
      merchant.page.evaluate(
        () =>
          document.activeElement?.closest("article")?.querySelector(".name")?.textContent ??
          document.activeElement?.role,
      )
    const focusIs = (merchant: MerchantPage, what: string) =>
      until(`the focus on ${what}`, async () => (await focused(merchant)) === what)

    async function onFirstRow(shopId: string): Promise<MerchantPage> {
      await publish(numbered(shopId, 150))
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
      await merchant.top("no. 150")
      await merchant.scroller.focus()
      await merchant.page.keyboard.press("Tab")
      await focusIs(merchant, "no. 150")
      return merchant
    }

    it("stays at its row while new ones come, and goes on from there", async () => {
      const shopId = randomUUID()
      const merchant = await onFirstRow(shopId)
      await merchant.page.keyboard.press("ArrowDown")
      await focusIs(merchant, "no. 149")
      await publish(numbered(shopId, 40, 151))
      await merchant.page.getByRole("button", { name: "40 new" }).waitFor()
      expect(await focused(merchant)).to.equal("no. 149")
      await merchant.page.keyboard.press("ArrowDown")
      await focusIs(merchant, "no. 148")
      await merchant.page.keyboard.press("ArrowUp")
      await merchant.page.keyboard.press("ArrowUp")
      await focusIs(merchant, "no. 150")
      await merchant.page.getByRole("button", { name: "40 new" }).click()
      await merchant.top("no. 190")
    })

    it("goes to the end and back, and does not lose the focus when its row is scrolled away", async () => {
      const merchant = await onFirstRow(randomUUID())
      const { keyboard } = merchant.page
      await keyboard.press("End")
      await focusIs(merchant, "no. 51")
      await until("the focus on the first event there is", async () => {
        await keyboard.press("End")
        return (await focused(merchant)) === "no. 1"
      })
      await keyboard.press("Home")
      await focusIs(merchant, "no. 150")
      await merchant.scroller.evaluate((element) => element.scrollTo({ top: 5000 }))
      await focusIs(merchant, "feed")
    })
  })

  describe("in its address", () => {
    it("has the open basket, which Back closes and Forward opens", async () => {
      const [shopId, session_id] = [randomUUID(), randomUUID()]
      const name = session_id.slice(0, 8)
      await publish([publishEvent({ shop_id: shopId, session_id })])
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
      const { page } = merchant
      const dialog: Locator = merchant.details(name)
      const open = () => merchant.openBasket(name)
      await open()
      await dialog.waitFor()
      await page.goBack()
      await dialog.waitFor({ state: "detached" })
      await queryIs(merchant, { shop: shopId })
      await page.goForward()
      await dialog.waitFor()
      await page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
      await open()
      await dialog.waitFor()
      await page.keyboard.press("Escape")
      await page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
      await queryIs(merchant, { shop: shopId })
      await open()
      await dialog.waitFor()
      await page.reload()
      await merchant.live()
      await dialog.waitFor()
      expect(query(merchant)).to.deep.equal({ shop: shopId, basket: session_id })
      await page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
      await queryIs(merchant, { shop: shopId })
    })

    it("has the basket on which somebody clicks while the browser is still on its way back from another one", async () => {
      const [shopId, first, second] = [randomUUID(), randomUUID(), randomUUID()]
      await publish([first, second].map((session_id) => publishEvent({ shop_id: shopId, session_id })))
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
      const { page } = merchant
      await merchant.openBasket(first.slice(0, 8))
      await merchant.details(first.slice(0, 8)).waitFor()
      await page.evaluate(async (session_id) => {
        const isBack = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }))
        document.querySelector("dialog")?.dispatchEvent(new Event("cancel", { cancelable: true }))
        document.querySelector<HTMLElement>(`[data-basket="${session_id}"] header button`)?.click()
        await isBack
      }, second)
      await merchant.details(second.slice(0, 8)).waitFor()
      expect(query(merchant)).to.deep.equal({ shop: shopId, basket: second })
      await page.goBack()
      await queryIs(merchant, { shop: shopId })
    })

    it("opens a basket in another browser, where closing it leads to the shop", async () => {
      const [shopId, session_id] = [randomUUID(), randomUUID()]
      await publish([publishEvent({ shop_id: shopId, session_id })])
      const merchant = await MerchantPage.open(browser, `${pages.merchantUrl(shopId)}&basket=${session_id}`)
      const dialog = merchant.details(session_id.slice(0, 8))
      await dialog.waitFor()
      await merchant.page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
      await queryIs(merchant, { shop: shopId })
      await merchant.top("FUJI Apples")
    })

    it("has the filters, also after a reload", async () => {
      const [shopId, session_id] = [randomUUID(), randomUUID()]
      await publish([
        publishEvent({ shop_id: shopId, product_name: "Milk", category_id: "dairy & eggs" }),
        publishEvent({ shop_id: shopId, product_name: "Plums", session_id }),
      ])
      const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId))
      const { page } = merchant
      await page.getByLabel("Category").selectOption("dairy & eggs")
      await until("the milk", async () => (await merchant.products()).join() === "Milk")
      expect(query(merchant)).to.deep.equal({ shop: shopId, category: "dairy & eggs" })
      await page.reload()
      await until("the milk again", async () => (await merchant.products()).join() === "Milk")
      await page.getByLabel("Category").selectOption("")
      await page.getByRole("article", { name: "Plums" }).getByRole("button").click()
      await page.getByRole("button", { name: "Show activity" }).click()
      await until("the plums", async () => (await merchant.products()).join() === "Plums")
      expect(query(merchant)).to.deep.equal({ shop: shopId, session: session_id })
      await page.goBack()
      await until("both", async () => (await merchant.products()).length === 2)
    })

    it("is said to be wrong when it names no shop", async () => {
      const page = await browser.open(`${pages.product.edgeUrl}/merchant/?shop=hello`)
      await page.getByRole("alert").getByText("We don't recognise that").waitFor()
      expect(await page.getByLabel("Link or code of the shop").inputValue()).to.equal("hello")
    })
  })
})
