import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Page } from "playwright-core"
import type { ProfilePatch } from "../../contract/profile.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

describe("a shop's profile on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  async function shopWith(profile: ProfilePatch, price = 1234.5): Promise<string> {
    const shopId = randomUUID()
    await publishAll(pages.product.edgeUrl, [
      publishEvent({ shop_id: shopId, product_name: "Pears", product_price: price, basket_total: price }),
    ])
    const { status } = await post(`${pages.gateway.url}/api/store/${shopId}/profile/set`, profile)
    expect(status).to.equal(200)
    return shopId
  }

  const open = (shopId: string, options = {}) => MerchantPage.open(browser, pages.merchantUrl(shopId), options)
  /** With plain spaces, as people type them. */
  const priceOf = async (page: Page) =>
    (await page.locator("article.event .price").first().textContent())?.replaceAll(/[\u00a0\u202f]/g, " ")

  for (const [currency, price, shown] of [
    ["EUR", 1234.5, "€1,234.50"],
    ["JPY", 1200, "JP¥1,200"],
    ["KWD", 1.5, "KWD 1.500"],
  ] as const) {
    it(`shows ${price} as ${shown} in a shop with ${currency}, and its name`, async () => {
      const merchant = await open(await shopWith({ name: "Corner Grocery", currency }, price))
      await merchant.page.getByRole("heading", { name: "Corner Grocery" }).waitFor()
      await merchant.page.locator("article.event .price", { hasText: currency === "KWD" ? "KWD" : shown }).waitFor()
      expect(await priceOf(merchant.page)).to.equal(shown)
      await until("the title", async () => (await merchant.page.title()) === "Corner Grocery · shopwire")
    })
  }

  it("is set in the shop's settings, and seen at once on all screens", async () => {
    const shopId = randomUUID()
    await publishAll(pages.product.edgeUrl, [publishEvent({ shop_id: shopId, product_price: 2.5 })])
    const mine = await open(shopId)
    const spanish = await browser.open(pages.merchantUrl(shopId), { locale: "es", timezoneId: "Asia/Tokyo" })
    const { page } = mine
    expect(await priceOf(page)).to.equal("2.50")
    await page.getByRole("button", { name: "Amounts have no currency yet" }).click()
    const dialog = page.getByRole("dialog", { name: "Shop settings" })
    await dialog.getByLabel("Name of the shop").fill("Frutería Ana")
    await dialog.getByLabel("Currency").selectOption("EUR")
    await dialog.getByLabel("Time zone").selectOption("Europe/Madrid")
    await dialog.getByLabel("Languages").selectOption("es")
    await dialog.getByRole("button", { name: "Add hours on Monday" }).click()
    await dialog.getByLabel("Monday, closes").fill("14:00")
    await dialog.getByLabel("A basket is going cold after").fill("5")
    expect(await axeViolations(page)).to.deep.equal([])
    await dialog.getByRole("button", { name: "Save" }).click()
    await dialog.waitFor({ state: "detached" })
    for (const each of [page, spanish]) {
      await each.getByRole("heading", { name: "Frutería Ana" }).waitFor()
      await each.locator("article.event .price", { hasText: "€" }).waitFor()
    }
    expect(await priceOf(page)).to.equal("€2.50")
    expect(await priceOf(spanish)).to.equal("2,50 €")
    expect(await page.getByRole("button", { name: "Amounts have no currency yet" }).count()).to.equal(0)
    const answer = await fetch(`${pages.gateway.url}/api/store/${shopId}/profile`)
    expect(await answer.json()).to.deep.include({
      time_zone: "Europe/Madrid",
      languages: ["es"],
      opening_hours: { mon: [["09:00", "14:00"]] },
      cold_after_s: 300,
    })
    await page.getByRole("link", { name: "shopwire" }).click()
    await page.getByRole("link", { name: "Frutería Ana" }).waitFor()
  })

  it("lets nobody save hours that end before they begin", async () => {
    const { page } = await open(await shopWith({ name: "Kiosk" }))
    await page.getByRole("button", { name: "Shop settings" }).click()
    await page.getByRole("button", { name: "Add hours on Friday" }).click()
    await page.getByLabel("Friday, closes").fill("08:00")
    await page.getByRole("alert").getByText("The end must be after the start.").waitFor()
    expect(await page.getByRole("button", { name: "Save" }).isDisabled()).to.equal(true)
  })

  it("says what to do when it can't be saved", async () => {
    browser.allow(/WebSocket/)
    const { page } = await open(await shopWith({ name: "Kiosk" }))
    await page.getByRole("button", { name: "Shop settings" }).click()
    await page.getByLabel("Name of the shop").fill("Kiosk 2")
    await pages.stopGateway()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByRole("alert").getByText("Couldn't save. Try again.").waitFor()
    await pages.startGateway()
    await page.locator(".badge", { hasText: "Live" }).waitFor()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByRole("heading", { name: "Kiosk 2" }).waitFor()
  })

  it("shows times in the shop's time zone", async () => {
    const shopId = await shopWith({ time_zone: "Asia/Kathmandu" })
    const merchant = await open(shopId, { timezoneId: "America/New_York" })
    const time = merchant.page.locator("article.event time").first()
    const at = new Date((await time.getAttribute("datetime")) ?? "")
    const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "Asia/Kathmandu" })
    await until("the time of Kathmandu", async () => (await time.textContent())?.includes(clock.format(at)))
  })

  it("fits a phone, in Arabic", async () => {
    const shopId = await shopWith({ name: "بقالة الزاوية", currency: "EGP" })
    const page = await browser.open(pages.merchantUrl(shopId), { ...PHONE, locale: "ar-EG" })
    await page.getByRole("button", { name: "إعدادات المتجر" }).tap()
    const dialog = page.getByRole("dialog", { name: "إعدادات المتجر" })
    await dialog.getByRole("button", { name: /أضف ساعات يوم .*الاثنين/ }).tap()
    expect(await dialog.evaluate((element) => element.scrollWidth - element.clientWidth)).to.equal(0)
    expect(await axeViolations(page)).to.deep.equal([])
  })
})
