import { isDeepStrictEqual } from "node:util"
import type { Locator, Page } from "playwright-core"
import type { OpenOptions, TestBrowser } from "../helpers/browser.ts"
import { until } from "../helpers/until.ts"

/** The merchant's page of a shop, as somebody at the screen sees it. */
export class MerchantPage {
  readonly page: Page

  private constructor(page: Page) {
    this.page = page
  }

  /** Opens it, and waits until it is live, and shows what its lists have. */
  static async open(browser: TestBrowser, url: string, options?: OpenOptions): Promise<MerchantPage> {
    const merchant = new MerchantPage(await browser.open(url, options))
    await merchant.live()
    await merchant.loaded()
    return merchant
  }

  async live(): Promise<void> {
    await this.says("Live")
  }

  /** Waits until no list has empty places instead of rows any more; their classes are the same. */
  async loaded(): Promise<void> {
    const places = this.page.locator(".loading-rows, .loading-cards")
    await until("the lists", async () => (await places.count()) === 0)
  }

  /** Waits until the connection's state reads like this. */
  async says(state: string): Promise<void> {
    await this.page.locator(".badge", { hasText: state }).waitFor()
  }

  get scroller(): Locator {
    return this.page.getByRole("feed", { name: "Activity" })
  }

  /** Names of the products of the rows that are drawn, top down. */
  async products(): Promise<string[]> {
    return await this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("article")]
        .sort((a, b) => Number(a.ariaPosInSet) - Number(b.ariaPosInSet))
        .map((row) => row.querySelector(".name")?.textContent ?? ""),
    )
  }

  async top(product: string): Promise<void> {
    await until(`${product} on top`, async () => (await this.products())[0] === product)
  }

  /** Scrolls up to the newest row. */
  async scrollUp(): Promise<void> {
    await this.scroller.evaluate((element) => element.scrollTo({ top: 0 }))
    // Rows are drawn in the frame after that.
    await this.page.locator("article[aria-posinset='1']").waitFor({ state: "attached" })
  }

  /** Scrolls down to the end, and gives the products of all rows that were drawn on the way, each once, top down. */
  async scrollThrough(last: string): Promise<string[]> {
    const seen = new Map<string, number>()
    const scroll = async (): Promise<boolean> => {
      const before = seen.size
      // The lowest row that is drawn becomes the highest one: however slow the page is, none is skipped.
      const rows = await this.page.evaluate(() => {
        const drawn = [...document.querySelectorAll("article")].sort(
          (a, b) => Number(a.ariaPosInSet) - Number(b.ariaPosInSet),
        )
        drawn.at(-1)?.scrollIntoView({ block: "start" })
        return drawn.map((row): [string, number] => [
          row.querySelector(".name")?.textContent ?? "",
          Number(row.ariaPosInSet),
        ])
      })
      for (const [product, position] of rows) seen.set(product, position)
      return seen.has(last) || seen.size > before
    }
    // Thousands of rows may take longer together than until waits.
    while (!seen.has(last)) await until(`${last} at the end, or more rows above it`, scroll)
    return [...seen].sort(([, a], [, b]) => a - b).map(([product]) => product)
  }

  /** Waits until the whole list is these products, top down. What was missed is filled in while one looks. */
  async shows(products: readonly string[]): Promise<void> {
    let seen: string[] = []
    const all = `${products.length} rows`
    await until(all, async () => {
      await this.scrollUp()
      seen = await this.scrollThrough(products.at(-1) ?? "")
      return isDeepStrictEqual(seen, products)
    }).catch((error: Error) => {
      const missing = products.filter((product) => !seen.includes(product))
      throw new Error(`${error.message}; missing: ${missing.join(", ")}; seen: ${seen.join(", ")}`)
    })
  }

  /** A basket's card, by the start of its session ID. */
  basket(name: string): Locator {
    return this.page.locator(`.basket[data-basket^="${name}"]`)
  }

  /** The baskets of a list, by the start of their session IDs, in its order. */
  async baskets(list: Locator = this.page.locator("body")): Promise<string[]> {
    const ids = await list
      .locator(".basket[data-basket]")
      .evaluateAll((all) => all.map((each) => each.getAttribute("data-basket")))
    return ids.map((id) => id?.slice(0, 8) ?? "")
  }

  /** Opens a basket by its card. */
  async openBasket(name: string): Promise<void> {
    await this.basket(name).locator("header button").click()
  }

  /** The details of a basket, which have its session ID. */
  details(name: string): Locator {
    return this.page.getByRole("dialog", { name: /^(Basket of Shopper|Order) \d+$/ }).filter({ hasText: name })
  }
}
