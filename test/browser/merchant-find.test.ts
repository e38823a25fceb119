import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { BYTE_ORDER_MARK, csvHead, csvRows } from "../../contract/event-table.ts"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { caughtUp } from "../helpers/archive.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { usePages } from "../helpers/pages.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { archiversOf, useMongo } from "../helpers/use-archive.ts"
import { axeViolations } from "./axe.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

/** Later than the browser's clock would say, by this many days. */
const clockAhead = (days: number): string => `{ const Now = Date; const later = () => Now.now() + ${days * 86_400_000}
  globalThis.Date = class extends Now {
    constructor(...given) { given.length === 0 ? super(later()) : super(...given) }
    static now() { return later() }
  } }`

describe("finding activity on the merchant's page", () => {
  const browser = useBrowser()
  const { mongo } = useMongo()
  const pages = usePages(() => ({ archive: { url: mongo.url, timeoutMs: 30_000 } }))

  const publish = (events: readonly PublishEvent[]) => publishAll(pages.product.edgeUrl, events)
  const open = (shopId: string, query = "", options = {}) =>
    MerchantPage.open(browser, `${pages.merchantUrl(shopId)}${query}`, options)
  const shows = async (merchant: MerchantPage, ...products: readonly string[]) => {
    let shown: readonly string[] = []
    await until(
      () => `the list to be ${products.join(", ")}, not ${shown.join(", ")}`,
      async () => {
        shown = await merchant.products()
        return shown.join() === products.join()
      },
    )
  }
  const query = (merchant: MerchantPage) => Object.fromEntries(new URL(merchant.page.url()).searchParams)
  const find = (merchant: MerchantPage) => merchant.page.getByRole("searchbox", { name: "Search" })
  /** Types a text, and waits until the page looks for it: until then it shows what matches the text before. */
  const lookFor = async (merchant: MerchantPage, text: string): Promise<void> => {
    await find(merchant).fill(text)
    await until(`a search for ${text}`, () => (query(merchant).find ?? "") === text)
  }
  const options = (merchant: MerchantPage) => merchant.page.getByRole("button", { name: "Options" }).click()

  it("searches products, codes, baskets and shoppers, in what is shown, in older pages, and in what comes", async () => {
    const [shopId, session_id, shopper_id] = [randomUUID(), randomUUID(), randomUUID()]
    // An event's number, which is short here, is a part of no other's code.
    const other = (product_name: string) => publishEvent({ shop_id: shopId, product_name, UPC: "none" })
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Old Figs", UPC: "777000111", session_id, shopper_id }),
      ...Array.from({ length: 150 }, () => other("Milk")),
      other("Figs, dried"),
    ])
    const merchant = await open(shopId)
    await merchant.top("Figs, dried")
    await lookFor(merchant, "figs")
    await shows(merchant, "Figs, dried", "Old Figs")
    await publish([other("Oats"), other("New figs")])
    await shows(merchant, "New figs", "Figs, dried", "Old Figs")
    for (const text of ["7770001", session_id.slice(0, 13), shopper_id.toUpperCase()]) {
      await lookFor(merchant, text)
      await shows(merchant, "Old Figs")
    }
    const seq = await merchant.page.locator("article").getAttribute("data-seq")
    await lookFor(merchant, `${seq}`)
    await shows(merchant, "Old Figs")
    await lookFor(merchant, "nothing like this")
    await merchant.page.getByText("No matching events").waitFor()
    await lookFor(merchant, "")
    await merchant.top("New figs")
  })

  it("searches the archive when the log has dropped the events", async () => {
    const shopId = randomUUID()
    const archivers = archiversOf(pages.product, { url: mongo.url })
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Figs" }),
      ...Array.from({ length: 120 }, () => publishEvent({ shop_id: shopId, product_name: "Milk" })),
      publishEvent({ shop_id: shopId, product_name: "Late figs" }),
    ])
    await archivers.start()
    await caughtUp(pages.product.nats)
    await archivers.stop()
    const jsm = await jetstreamManager(pages.product.nats, { timeout: PATIENCE_MS })
    await jsm.streams.purge(STREAM, { filter: storedSubject(shopId), keep: 110 })
    const merchant = await open(shopId, "&find=figs")
    await shows(merchant, "Late figs", "Figs")
    // Nothing is live now, and the log ends with the shop's newest event.
    await jsm.streams.purge(STREAM, { filter: storedSubject(shopId) })
    await pages.product.restartService()
    const later = await open(shopId, "&find=figs")
    await shows(later, "Late figs", "Figs")
    await lookFor(later, "")
    await later.top("Late figs")
    await publish([publishEvent({ shop_id: shopId, product_name: "Fresh figs" })])
    await later.top("Fresh figs")
    await lookFor(later, "figs")
    await shows(later, "Fresh figs", "Late figs", "Figs")
  })

  it("asks before it searches very far", async () => {
    const shopId = randomUUID()
    await publish([publishEvent({ shop_id: shopId, product_name: "Figs", action: "WAVE" })])
    await fillLog(pages.product.nats, publishEvent({ shop_id: shopId, product_name: "Milk" }), 21_000)
    const merchant = await open(shopId, "&action=WAVE")
    await merchant.page.getByText("No matching events so far.").waitFor()
    await merchant.page.getByRole("button", { name: "Look further back" }).click()
    await shows(merchant, "Figs")
    await merchant.page.getByLabel("Action").selectOption("REMOVE")
    await merchant.page.getByRole("button", { name: "Look further back" }).click()
    await merchant.page.getByText("No matching events", { exact: true }).waitFor()
  })

  it("filters by totals and days, which stand in the address with all others; Back takes them back", async () => {
    const shopId = randomUUID()
    await publish(
      [5, 20, 50].map((basket_total) =>
        publishEvent({ shop_id: shopId, product_name: `for ${basket_total}`, basket_total }),
      ),
    )
    const merchant = await open(shopId)
    await shows(merchant, "for 50", "for 20", "for 5")
    await options(merchant)
    const { page } = merchant
    await page.getByLabel("Basket total from").fill("10")
    await page.keyboard.press("Enter")
    await shows(merchant, "for 50", "for 20")
    await page.getByLabel("Basket total up to").fill("49.99")
    await page.keyboard.press("Enter")
    await shows(merchant, "for 20")
    const today = new Date().toISOString().slice(0, 10)
    await page.getByLabel("From day").fill("2020-01-01")
    await page.getByLabel("To day").fill(today)
    await page.keyboard.press("Enter")
    await until("the days in the address", () => query(merchant).to === today)
    expect(query(merchant)).to.deep.equal({ shop: shopId, min: "10", max: "49.99", from: "2020-01-01", to: today })
    await shows(merchant, "for 20")
    expect(await axeViolations(page)).to.deep.equal([])

    const other = await open(shopId, new URL(page.url()).search.replace(/^\?shop=[^&]+/, ""))
    await shows(other, "for 20")
    await page.getByLabel("To day").fill("2020-01-02")
    await page.keyboard.press("Enter")
    await page.getByText("No matching events", { exact: true }).waitFor()
    await page.goBack()
    await shows(merchant, "for 20")
    for (let i = 0; i < 3; i++) await page.goBack()
    await shows(merchant, "for 50", "for 20")
    await page.goForward()
    await shows(merchant, "for 20")
    expect(await page.getByLabel("Basket total up to").inputValue()).to.equal("49.99")
  })

  it("goes back to before a search in one step, however long somebody has typed", async () => {
    const shopId = randomUUID()
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Figs" }),
      publishEvent({ shop_id: shopId, product_name: "Fennel" }),
    ])
    const merchant = await open(shopId)
    await shows(merchant, "Fennel", "Figs")
    await lookFor(merchant, "f")
    await lookFor(merchant, "fi")
    await lookFor(merchant, "figs")
    await shows(merchant, "Figs")
    await merchant.page.goBack()
    await shows(merchant, "Fennel", "Figs")
    await until("the empty field", async () => (await find(merchant).inputValue()) === "")
  })

  it("keeps another filter that is chosen while somebody still types", async () => {
    const shopId = randomUUID()
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Figs", action: "WAVE" }),
      publishEvent({ shop_id: shopId, product_name: "Figs, dried" }),
      publishEvent({ shop_id: shopId, product_name: "Fennel", action: "WAVE" }),
    ])
    const merchant = await open(shopId)
    await shows(merchant, "Fennel", "Figs, dried", "Figs")
    await merchant.page.locator("option[value=WAVE]").waitFor({ state: "attached" })
    // At once: a search begins a moment after the last key.
    await merchant.page.evaluate(() => {
      for (const [selector, prototype, value, event] of [
        ["input[type=search]", HTMLInputElement.prototype, "figs", "input"],
        ["select[aria-label=Action]", HTMLSelectElement.prototype, "WAVE", "change"],
      ] as const) {
        const field = document.querySelector(selector)
        Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(field, value)
        field?.dispatchEvent(new Event(event, { bubbles: true }))
      }
    })
    await shows(merchant, "Figs")
    expect(query(merchant)).to.deep.equal({ shop: shopId, find: "figs", action: "WAVE" })
  })

  it("separates the days, says how long ago, and shows more rows when compact, also after a reload", async () => {
    const shopId = randomUUID()
    await publish([publishEvent({ shop_id: shopId, product_name: "Figs" })])
    const today = await open(shopId)
    await today.page.locator(".day-row", { hasText: /^Today, \w+day,? \d+ \w+$/ }).waitFor()
    const merchant = await open(shopId, "", { initScript: clockAhead(3) })
    await merchant.page.locator(".day-row", { hasText: /^\w+day,? \d+ \w+$/ }).waitFor()
    await options(merchant)
    const { page } = merchant
    const height = async () => (await page.getByRole("article").boundingBox())?.height
    expect(await height()).to.equal(52)
    await page.getByLabel("Show times as").check()
    await page.locator(".event time", { hasText: /^3 days ago$/ }).waitFor()
    await page.getByLabel("Compact rows").check()
    await until("lower rows", async () => (await height()) === 34)
    await page.reload()
    await page.locator(".event time", { hasText: /^3 days ago$/ }).waitFor()
    expect(await height()).to.equal(34)
  })

  describe("exports", () => {
    it("what is filtered, as CSV, byte by byte", async () => {
      const shopId = randomUUID()
      await publish([
        publishEvent({ shop_id: shopId, product_name: '=1+1, "tea"\n', product_price: 1e-7, basket_total: 0.1 }),
        publishEvent({ shop_id: shopId, product_name: "Figs", category_id: "dried", basket_total: 1234.5 }),
        ...Array.from({ length: 700 }, (_, i) => publishEvent({ shop_id: shopId, action_id: i })),
      ])
      const merchant = await open(shopId, "&category=fruit")
      await merchant.page.locator("article.event").first().waitFor()
      await options(merchant)
      const saving = merchant.page.waitForEvent("download")
      await merchant.page.getByRole("button", { name: "Export as CSV" }).click()
      const dialog = merchant.page.getByRole("dialog", { name: "Export as CSV" })
      await dialog.getByText(/^Saved 701 rows as activity-/).waitFor()
      const download = await saving
      expect(download.suggestedFilename()).to.match(/^activity-[0-9a-f]{8}-\d{4}-\d\d-\d\d\.csv$/)
      const bytes = readFileSync(await download.path()).toString()
      const lines = await (await fetch(`${pages.product.edgeUrl}/export/${shopId}?category_id=fruit`)).text()
      const events = lines
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as ShownEvent)
      expect(events).to.have.length(701)
      expect(bytes).to.equal(BYTE_ORDER_MARK + csvHead + csvRows(events))
      expect(bytes).to.include(`,"'=1+1, ""tea""\n",500100,0.0000001,`)
      expect(await axeViolations(merchant.page)).to.deep.equal([])
    })

    it("nothing more when somebody cancels", async () => {
      browser.allow(/WebSocket/)
      const shopId = randomUUID()
      await publish([publishEvent({ shop_id: shopId })])
      const merchant = await open(shopId)
      await merchant.page.locator("article.event").first().waitFor()
      await options(merchant)
      let saved = 0
      merchant.page.on("download", () => saved++)
      await pages.stopGateway()
      await merchant.page.getByRole("button", { name: "Export as CSV" }).click()
      const dialog = merchant.page.getByRole("dialog", { name: "Export as CSV" })
      await dialog.getByRole("progressbar").waitFor()
      await dialog.getByRole("button", { name: "Cancel" }).click()
      await dialog.waitFor({ state: "detached" })
      await pages.startGateway()
      await merchant.live()
      await publish([publishEvent({ shop_id: shopId, product_name: "Pears" })])
      await merchant.top("Pears")
      expect(saved).to.equal(0)
    })
  })
})
