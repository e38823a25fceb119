import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { BrowserContextOptions, Page } from "playwright-core"
import { useBrowser } from "../helpers/browser.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { axeViolations, smallTargets, undecidedContrasts } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll, Shoppers, uuidOf } from "./seed.ts"

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }

describe("the merchant's page for everybody", () => {
  const browser = useBrowser()
  const shopId = uuidOf("the accessible shop")
  const pages = usePages()

  before(() => publishAll(pages.product.edgeUrl, new Shoppers(shopId).next(150)))

  /** The width of what is on the page, in px; more than the window's means that one has to scroll sideways. */
  const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth)

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has nothing that axe finds wrong, on a desktop, ${colorScheme}`, async () => {
      const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { ...desktop, colorScheme })
      await page.locator("article.event").first().waitFor()
      await page.locator(".basket[data-basket]").first().waitFor()
      await page.getByRole("img", { name: /No sales yet|Sales of/ }).waitFor()
      expect(await axeViolations(page)).to.deep.equal([])
      expect(await undecidedContrasts(page)).to.deep.equal([])
      expect(await smallTargets(page, 24)).to.deep.equal([])
      await page.locator(".basket header button").first().click()
      await page.getByRole("row").nth(1).waitFor()
      expect(await axeViolations(page)).to.deep.equal([])
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "Alerts" }).click()
      await page.getByRole("dialog", { name: "Alert me when" }).waitFor()
      expect(await axeViolations(page)).to.deep.equal([])
    })

    it(`has nothing that axe finds wrong, on a phone, ${colorScheme}, and fits it`, async () => {
      const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { ...phone, colorScheme })
      await page.locator("article.event").first().waitFor()
      for (const [tab, seen] of [
        ["Activity", "article.event"],
        ["Baskets", ".basket[data-basket]"],
        ["Sales", ".tile .value:not(.skeleton)"],
      ] as const) {
        await page.getByRole("tab", { name: tab }).tap()
        await page.locator(seen).first().waitFor()
        expect(await axeViolations(page), tab).to.deep.equal([])
        expect(await undecidedContrasts(page), tab).to.deep.equal([])
        expect(await smallTargets(page, 44), tab).to.deep.equal([])
        expect(await width(page), tab).to.equal(360)
      }
      await page.getByRole("link", { name: "shopwire" }).tap()
      await page.getByRole("heading", { name: "Open a shop" }).waitFor()
      expect(await axeViolations(page)).to.deep.equal([])
      expect(await width(page)).to.equal(360)
    })
  }

  it("can be used by keyboard alone: a shop, a row of the feed, its basket, and back", async () => {
    const page = await browser.open(`${pages.product.edgeUrl}/merchant/`)
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "")
    /** Presses Tab until the focus is where `there` says. */
    const tabTo = async (what: string, there: string): Promise<void> => {
      await until(`the focus on ${what}`, async () => {
        await page.keyboard.press("Tab")
        return await page.evaluate((selector) => document.activeElement?.matches(selector) === true, there)
      })
    }
    await tabTo("the shop", ".picker-form input")
    await page.keyboard.type(shopId)
    await page.keyboard.press("Enter")
    await page.locator("article.event").nth(5).waitFor()
    await tabTo("the feed's basket", "article button")
    const first = await focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    const third = await page.locator("article[aria-posinset='3'] button").getAttribute("aria-label")
    await until("the third row to have the focus", async () => (await focused()) === third)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await until("the first row to have the focus", async () => (await focused()) === first)
    await page.keyboard.press("Enter")
    const dialog = page.getByRole("dialog", { name: first })
    await dialog.getByRole("row").nth(1).waitFor()
    await page.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached" })
    await until("the focus where it was", async () => (await focused()) === first)
  })

  it("has two columns on a tablet held upright: baskets beside the activity or the sales", async () => {
    const viewport = { width: 820, height: 1180 }
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { viewport, hasTouch: true })
    const baskets = page.locator(".basket[data-basket]").first()
    for (const [tab, seen] of [
      ["Activity", "article.event"],
      ["Sales", ".tile:has(.value:not(.skeleton))"],
    ] as const) {
      await page.getByRole("tab", { name: tab }).tap()
      const [left, right] = [await page.locator(seen).first().boundingBox(), await baskets.boundingBox()]
      expect((left?.x ?? 0) + (left?.width ?? 0), tab).to.be.at.most(right?.x ?? 0)
      expect(await axeViolations(page), tab).to.deep.equal([])
      expect(await width(page), tab).to.equal(viewport.width)
    }
  })

  it("shows some rows on a phone held sideways, with all that is pressed beside or above them", async () => {
    const viewport = { width: 780, height: 360 }
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(shopId), { ...phone, viewport })
    await page.locator("article.event").nth(2).waitFor()
    const { height = 0 } = (await page.locator(".scroller").boundingBox()) ?? {}
    const row = (await page.locator("article.event").first().boundingBox())?.height ?? 0
    expect(height / row).to.be.at.least(4)
    for (const label of ["Action", "Category"]) {
      const { x = 0, width: wide = 0 } = (await page.getByLabel(label, { exact: true }).boundingBox()) ?? {}
      expect(wide, label).to.be.at.least(44)
      expect(x + wide, label).to.be.at.most(viewport.width)
    }
    for (const tab of ["Baskets", "Sales", "Activity"]) await page.getByRole("tab", { name: tab }).tap()
    expect(await axeViolations(page)).to.deep.equal([])
    expect(await width(page)).to.equal(viewport.width)
  })

  it("does not flood screen readers while much happens", async () => {
    const busy = randomUUID()
    await publishAll(pages.product.edgeUrl, new Shoppers(busy).next(5))
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(busy))
    await page.getByText("Days of UTC").first().waitFor({ state: "attached" })
    await page.evaluate(() => {
      const said: string[] = []
      Object.assign(window, { said })
      const observer = new MutationObserver((changes) => {
        for (const { target } of changes) {
          const element = target instanceof Element ? target : target.parentElement
          const region = element?.closest("[aria-live], [role=status], [role=alert], output")
          if (region != null) said.push(region.textContent ?? "")
        }
      })
      observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    const before = await page.locator("article.event").count()
    for (let i = 0; i < 10; i++) await publishAll(pages.product.edgeUrl, new Shoppers(busy).next(20))
    await until("more rows", async () => (await page.locator("article.event").count()) > before)
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said)
    // Orders of at least 100 are announced, if some are that large.
    expect(said.filter((text) => !text.includes("Order of"))).to.deep.equal([])
  })

  it("is light or dark as the system, unless somebody chose, which it remembers", async () => {
    const options = { ...desktop, colorScheme: "light" } as const
    const { page } = await MerchantPage.open(browser, pages.merchantUrl(randomUUID()), options)
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await background()
    await page.emulateMedia({ colorScheme: "dark" })
    const dark = await background()
    expect(dark).to.not.equal(light)
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByRole("radio", { name: "Light" }).click()
    expect(await background()).to.equal(light)
    await page.reload()
    await page.getByRole("button", { name: "Display" }).click()
    await page.getByRole("radio", { name: "Light", checked: true }).waitFor()
    expect(await background()).to.equal(light)
  })
})
