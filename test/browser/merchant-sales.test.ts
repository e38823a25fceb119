import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Page } from "playwright-core"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

describe("sales on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  const publish = (shopId: string, events: readonly Partial<PublishEvent>[]) =>
    publishAll(
      pages.product.edgeUrl,
      events.map((fields) => publishEvent({ shop_id: shopId, ...fields })),
    )

  /** A basket with one product, and whether it was ordered. */
  const basket = (product_price: number, isOrdered: boolean): Partial<PublishEvent>[] => {
    const session_id = randomUUID()
    const add = { session_id, product_name: "Pears", product_price, basket_total: product_price }
    return isOrdered ? [add, { ...add, action: "CHECKOUT" }] : [add]
  }

  async function setProfile(shopId: string, profile: object): Promise<void> {
    expect((await post(`${pages.gateway.url}/api/store/${shopId}/profile/set`, profile)).status).to.equal(200)
  }

  const tile = (page: Page, label: string) => page.locator(".tile", { has: page.getByText(label, { exact: true }) })
  const shows = (page: Page, label: string, value: string) =>
    until(`${label} of ${value}`, async () => {
      const text = await tile(page, label).locator(".value").textContent()
      return text?.replaceAll(/[\u00a0\u202f]/g, " ") === value
    })

  it("are those of today, live, with orders, their average, and how many baskets became orders", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { currency: "EUR" })
    await publish(shopId, [...basket(0.1, true), ...basket(0.2, true), ...basket(5, false), ...basket(7, false)])
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await shows(page, "Sales", "€0.30")
    await shows(page, "Orders", "2")
    await shows(page, "Average order", "€0.15")
    await shows(page, "Conversion", "50%")
    await tile(page, "Conversion").getByText("of 4 baskets").waitFor()
    await shows(page, "Abandoned", "0")
    await shows(page, "Open baskets", "2")
    await publish(shopId, basket(10, true))
    await shows(page, "Sales", "€10.30")
    await page.locator(".top").getByText("€10.30").waitFor()
  })

  it("say by keyboard and pointer when they begin, and what their last event is", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { time_zone: "Asia/Tokyo" })
    await publish(shopId, basket(3, true))
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await shows(page, "Orders", "1")
    const word = page.getByRole("button", { name: "Orders", exact: true })
    await word.focus()
    const details = page.getByRole("tooltip")
    expect(await details.innerText()).to.match(
      /Since \d+ \w+, 00:00\s+As of event \d+, \d\d:\d\d:\d\d\s+Days of Asia\/Tokyo/,
    )
    await page.keyboard.press("Escape")
    await details.waitFor({ state: "hidden" })
    await word.hover()
    await details.waitFor()
    await page.mouse.move(0, 0)
    await word.blur()
    await details.waitFor({ state: "hidden" })
  })

  it("compare with the same time yesterday, and with other days of a chosen period, which the address holds", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { currency: "USD" })
    await publish(shopId, basket(8, true))
    const feed = await fetch(`${pages.gateway.url}/api/store/${shopId}/feed`)
    const [newest] = (await feed.json()) as { received_at: string }[]
    const day = newest?.received_at.slice(0, 10) ?? ""
    // The page believes that it is the end of the next day.
    const end = Date.parse(day) + (2 * 24 * 60 - 1) * 60_000
    const initScript = `{ const Now = Date; const later = () => ${end}
      globalThis.Date = class extends Now {
        constructor(...given) { given.length === 0 ? super(later()) : super(...given) }
        static now() { return later() }
      } }`
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { initScript })
    await shows(page, "Sales", "US$0.00")
    await tile(page, "Sales").getByText("-100% US$8.00 yesterday by 23:55").waitFor()
    await tile(page, "Sales")
      .getByText(/US\$0\.00 last \w+day by 23:55/)
      .waitFor()
    await page.getByRole("radio", { name: "7 days" }).click()
    await shows(page, "Sales", "US$8.00")
    await tile(page, "Sales").getByText("US$0.00 the 7 days before").waitFor()
    expect(new URL(page.url()).searchParams.get("period")).to.equal("7")
    await page.getByRole("radio", { name: "Dates" }).click()
    await page.getByLabel("From").fill(day)
    await page.getByLabel("To", { exact: true }).fill(day)
    await until("the period in the address", async () =>
      Boolean(new URL(page.url()).searchParams.get("period")?.endsWith(`..${day}`)),
    )
    await page.reload()
    await shows(page, "Sales", "US$8.00")
    await page.goBack()
    await page.getByLabel("From").waitFor({ state: "detached" })
    await page.getByLabel("7 days").isChecked()
  })

  it("are refused for days in the wrong order, with what to do", async () => {
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(randomUUID()))
    await page.getByRole("radio", { name: "Dates" }).click()
    await page.getByLabel("To", { exact: true }).fill("2026-01-01")
    await page.getByText("Choose at most 92 days, the first before the last.").waitFor()
  })

  it("are read from the chart by pointer, by arrow keys, and as a table", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { currency: "EUR", time_zone: "Europe/Berlin" })
    await publish(shopId, basket(12.5, true))
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId))
    await page.getByRole("img", { name: /^Sales of €12\.50, most at \d\d:00 with €12\.50$/ }).waitFor()
    const cursor = page.getByRole("slider", { name: "Sales over time" })
    await cursor.focus()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowLeft")
    await until("the last hour but one", async () =>
      Boolean((await cursor.getAttribute("aria-valuetext"))?.startsWith("22:00: ")),
    )
    expect(await page.locator(".readout").textContent()).to.equal(await cursor.getAttribute("aria-valuetext"))
    const best = page.locator(".column").filter({ has: page.locator("[style*='height: ']:not([style*='height: 0%'])") })
    await best.first().hover({ force: true })
    await page.locator(".readout", { hasText: "€12.50, 1 order" }).waitFor()
    await page.getByText("As a table").click()
    await page.getByRole("row", { name: /€12\.50/ }).waitFor()
    expect(await page.getByRole("table", { name: "Sales over time" }).getByRole("row").count()).to.equal(25)
    expect(await axeViolations(page)).to.deep.equal([])
  })

  it("have their places before they are loaded: nothing moves when they come", async () => {
    const shopId = randomUUID()
    await publish(shopId, basket(2, true))
    const initScript = () => {
      const moved: number[] = []
      Object.assign(window, { moved })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) moved.push((entry as unknown as { value: number }).value)
      }).observe({ type: "layout-shift", buffered: true })
    }
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { initScript })
    await shows(page, "Orders", "1")
    await page.locator("article.event").first().waitFor()
    const moved = await page.evaluate(() => (window as unknown as { moved: number[] }).moved)
    // Good is below 0.1: Core Web Vitals, "Cumulative Layout Shift".
    expect(moved.reduce((sum, each) => sum + each, 0)).to.be.below(0.1)
  })

  for (const [locale, sales, orders, value] of [
    ["es", "Ventas", "Pedidos", "12,50 €"],
    ["ar-EG", "المبيعات", "الطلبات", "‏١٢٫٥٠ €"],
  ] as const) {
    it(`are written as people do in ${locale}`, async () => {
      const shopId = randomUUID()
      await setProfile(shopId, { currency: "EUR" })
      await publish(shopId, basket(12.5, true))
      const page = await browser.open(pages.merchantUrl(shopId), { locale })
      await shows(page, sales, value)
      await shows(page, orders, locale === "es" ? "1" : "١")
      expect(await axeViolations(page)).to.deep.equal([])
    })
  }
})

describe("the truth on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  it("says up to which event it is right, and quietly that it corrected what it had missed", async () => {
    const shopId = randomUUID()
    const publish = (product_name: string) =>
      publishAll(pages.product.edgeUrl, [publishEvent({ shop_id: shopId, product_name })])
    await publish("Pears")
    // Loses the next message about the feed, as no network should.
    const initScript = () => {
      const Real = window.WebSocket
      window.WebSocket = class extends Real {
        constructor(...given: ConstructorParameters<typeof Real>) {
          super(...given)
          this.addEventListener("message", (message) => {
            if (!(window as { losing?: boolean }).losing || !/feed.add/.test(String(message.data))) return
            message.stopImmediatePropagation()
            Object.assign(window, { losing: false })
          })
        }
      }
    }
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), { initScript })
    await merchant.top("Pears")
    const { page } = merchant
    const truth = page.locator(".truth")
    await truth.getByRole("button", { name: /^as of \d\d:\d\d:\d\d$/ }).focus()
    await truth.getByText("Nothing had to be corrected").waitFor()
    expect(await truth.getByRole("tooltip").innerText()).to.match(/As of event \d+, \d\d:\d\d:\d\d/)
    await page.evaluate(() => Object.assign(window, { losing: true }))
    await publish("Leeks")
    await until("the lost event", () => page.evaluate(() => (window as { losing?: boolean }).losing === false))
    await merchant.top("Leeks")
    await truth
      .getByText(/^1 difference corrected, \d\d:\d\d:\d\d$/)
      .first()
      .waitFor()
    expect(await truth.locator("[aria-live], [role=status], [role=alert]").count()).to.equal(0)
  })
})

describe("several shops on the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  it("have an overview with today's sales, live, and a switch between them", async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    for (const [shopId, name, currency] of [
      [first, "Corner Grocery", "EUR"],
      [second, "Kiosk", "JPY"],
    ] as const) {
      await post(`${pages.gateway.url}/api/store/${shopId}/profile/set`, { name, currency })
      await publishAll(pages.product.edgeUrl, [
        publishEvent({ shop_id: shopId, product_price: 100, basket_total: 100 }),
      ])
    }
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(first))
    await page.getByRole("heading", { name: "Corner Grocery" }).waitFor()
    await page.goto(pages.merchantUrl(second))
    await page.getByRole("heading", { name: "Kiosk" }).waitFor()
    await page.getByLabel("Shop", { exact: true }).selectOption("Corner Grocery")
    await page.getByRole("heading", { name: "Corner Grocery" }).waitFor()
    expect(new URL(page.url()).searchParams.get("shop")).to.equal(first)
    await page.getByLabel("Shop", { exact: true }).selectOption("All shops")
    const card = (name: string) => page.getByRole("listitem").filter({ hasText: name })
    await card("Corner Grocery").getByText("€0.00", { exact: true }).waitFor()
    await publishAll(pages.product.edgeUrl, [
      publishEvent({ shop_id: first, action: "CHECKOUT", product_price: 100, basket_total: 100 }),
    ])
    await card("Corner Grocery").getByText("€100.00", { exact: true }).waitFor()
    await card("Kiosk").getByText("JP¥0", { exact: true }).waitFor()
    expect(await axeViolations(page)).to.deep.equal([])
    await card("Kiosk").getByRole("link", { name: "Kiosk" }).click()
    await page.getByRole("heading", { name: "Kiosk" }).waitFor()
  })
})
