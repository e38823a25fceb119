import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { skipIfGatewayEndsWithNats } from "../helpers/gateway.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll, publishArray } from "./seed.ts"

describe("the merchant's page", () => {
  const browser = useBrowser()
  const pages = usePages()

  /** On a screen that is high enough to be scrolled through soon. */
  const open = (shopId: string) =>
    MerchantPage.open(browser, pages.merchantUrl(shopId), { viewport: { width: 1280, height: 2000 } })
  const publish = (events: readonly PublishEvent[]) => publishAll(pages.product.edgeUrl, events)

  /** Events of a shop whose products are named by their place: `from`, `from + 1`, … */
  const numbered = (shopId: string, count: number, from = 1): PublishEvent[] =>
    Array.from({ length: count }, (_, i) => publishEvent({ shop_id: shopId, product_name: `no. ${from + i}` }))

  const names = (newest: number, oldest = 1) =>
    Array.from({ length: newest - oldest + 1 }, (_, i) => `no. ${newest - i}`)

  it("asks for a shop, refuses what is none, and remembers those that were opened", async () => {
    const shopId = randomUUID()
    const page = await browser.open(`${pages.product.edgeUrl}/`)
    await page.getByLabel("Link or code of the shop").fill("my shop")
    await page.getByRole("button", { name: "Open" }).click()
    await page.getByRole("alert").getByText("We don't recognise that").waitFor()
    await page.getByLabel("Link or code of the shop").fill(` ${shopId.toUpperCase()} `)
    await page.keyboard.press("Enter")
    await page.getByText("No activity yet").waitFor()
    expect(new URL(page.url()).searchParams.get("shop")).to.equal(shopId)
    await page.goBack()
    await page.getByRole("heading", { name: "Open a shop" }).waitFor()
    await page.reload()
    await page.getByRole("link", { name: `Shop ${shopId.slice(0, 8)}` }).click()
    await page.getByRole("heading", { name: shopId.slice(0, 8) }).waitFor()
  })

  it("shows a POSTed event without being reloaded, and none of another shop's", async () => {
    const shopId = randomUUID()
    const [mine, other] = [await open(shopId), await open(randomUUID())]
    await mine.page.getByText("No activity yet").waitFor()
    await publish([publishEvent({ shop_id: shopId, product_name: "Pears", product_price: 1234.5, action: "ADD" })])
    await mine.top("Pears")
    const row = mine.page.getByRole("article", { name: "Pears" })
    expect(await row.textContent())
      .to.include("Added")
      .and.include("1,234.50")
      .and.include("fruit")
    expect(await other.products()).to.deep.equal([])
  })

  it("shows in a reloaded page what was there, and goes on", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 3))
    const merchant = await open(shopId)
    await merchant.top("no. 3")
    await merchant.page.reload()
    await merchant.live()
    await merchant.top("no. 3")
    await publish(numbered(shopId, 1, 4))
    await merchant.top("no. 4")
    expect(await merchant.products()).to.deep.equal(names(4))
  })

  for (const [what, away, back] of [
    ["the gateway", () => pages.stopGateway(), () => pages.startGateway()],
    ["the service", () => pages.product.stopService(), () => pages.product.restartService()],
  ] as const) {
    it(`shows all that it missed while ${what} was away, also what has left the feed`, async () => {
      browser.allow(/WebSocket/)
      const shopId = randomUUID()
      await publish(numbered(shopId, 120))
      const merchant = await open(shopId)
      await merchant.top("no. 120")
      await away()
      // Straight on NATS, where events are stored without a service.
      for (const event of numbered(shopId, 230, 121)) {
        pages.product.nats.publish(`updates.store.${shopId}`, JSON.stringify(event))
      }
      await pages.product.nats.flush()
      await back()
      await merchant.top("no. 350")
      await merchant.live()
      await merchant.shows(names(350))
    })
  }

  for (const [arrays, size] of [
    [1, 1000],
    [4, 150],
    [6, 1000],
  ] as const) {
    it(`shows every event of ${arrays} × ${size} that are POSTed in arrays while it is open`, async () => {
      const shopId = randomUUID()
      await publish(numbered(shopId, 20))
      const merchant = await open(shopId)
      await merchant.top("no. 20")
      for (let i = 0; i < arrays; i++) {
        await publishArray(pages.product.edgeUrl, numbered(shopId, size, 21 + i * size))
      }
      const newest = 20 + arrays * size
      await merchant.top(`no. ${newest}`)
      await merchant.page.getByText("Loading what was missed").waitFor({ state: "detached" })
      // The page keeps 5,000 events.
      const expected = names(newest, Math.max(1, newest - 4990))
      const seen = await merchant.scrollThrough(expected.at(-1) ?? "")
      expect(seen.slice(0, expected.length)).to.deep.equal(expected)
      expect(await merchant.page.locator(".event.gap").count()).to.equal(0)
      await merchant.live()
    })
  }

  it("tells of a checkout in the middle of a burst that no screen could follow", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 1))
    const merchant = await open(shopId)
    await merchant.top("no. 1")
    const burst = numbered(shopId, 1000, 2)
    burst[300] = publishEvent({ shop_id: shopId, action: "CHECKOUT", basket_total: 345 })
    await publishArray(pages.product.edgeUrl, burst)
    await merchant.page.getByRole("region", { name: "Alerts" }).getByText("Order of 345.00").waitFor()
  })

  it("is right again after nats-server was killed", async function () {
    skipIfGatewayEndsWithNats(this)
    browser.allow(/WebSocket/)
    const shopId = randomUUID()
    await publish(numbered(shopId, 2))
    const merchant = await open(shopId)
    await merchant.top("no. 2")
    await pages.product.natsServer.kill()
    await pages.product.restartNats()
    await until("an accepted event", () =>
      publish(numbered(shopId, 1, 3)).then(
        () => true,
        () => false,
      ),
    )
    await merchant.top("no. 3")
    expect((await merchant.products()).slice(-2)).to.deep.equal(names(2))
  })

  it("filters by action, category and basket", async () => {
    const [shopId, session_id] = [randomUUID(), randomUUID()]
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Pears" }),
      publishEvent({ shop_id: shopId, product_name: "Milk", category_id: "dairy", action: "REMOVE" }),
      publishEvent({ shop_id: shopId, product_name: "Plums", session_id, action: "wave" }),
    ])
    const merchant = await open(shopId)
    await merchant.top("Plums")
    const { page } = merchant
    await page.getByLabel("Category").selectOption("dairy")
    await until("the dairy", async () => (await merchant.products()).join() === "Milk")
    await page.getByLabel("Category").selectOption("")
    await page.getByLabel("Action").selectOption("WAVE")
    await until("the wave", async () => (await merchant.products()).join() === "Plums")
    await page.getByLabel("Action").selectOption("CHECKOUT")
    await page.getByText("No matching events").waitFor()
    await page.getByRole("button", { name: "Clear filters" }).click()
    await page.getByRole("article", { name: "Plums" }).getByRole("button").click()
    await page.getByRole("button", { name: "Show activity" }).click()
    await until("the basket's", async () => (await merchant.products()).join() === "Plums")
    await publish([
      publishEvent({ shop_id: shopId, product_name: "Leeks" }),
      publishEvent({ shop_id: shopId, product_name: "Figs", session_id }),
    ])
    await merchant.top("Figs")
    expect(await merchant.products()).to.deep.equal(["Figs", "Plums"])
    await page.getByRole("button", { name: /show all baskets/ }).click()
    await until("all", async () => (await merchant.products()).length === 5)
  })

  it("looks back for what a filter lets through", async () => {
    const shopId = randomUUID()
    await publish([publishEvent({ shop_id: shopId, product_name: "Figs", action: "WAVE" })])
    await publish(numbered(shopId, 1500))
    await publish([publishEvent({ shop_id: shopId, product_name: "Plums", action: "WAVE" })])
    const merchant = await open(shopId)
    await merchant.top("Plums")
    await merchant.page.getByLabel("Action").selectOption("REMOVE")
    await merchant.page.getByText("No matching events").waitFor()
    await merchant.page.getByLabel("Action").selectOption("WAVE")
    await until("both", async () => (await merchant.products()).join() === "Plums,Figs")
  })

  it("stands still while paused or scrolled down, says how many wait, and goes on", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 100))
    const merchant = await open(shopId)
    await merchant.top("no. 100")
    const { page } = merchant
    await page.getByRole("button", { name: "Pause" }).click()
    await publish(numbered(shopId, 3, 101))
    await page.getByRole("button", { name: "3 new" }).waitFor()
    expect((await merchant.products())[0]).to.equal("no. 100")
    await page.getByRole("button", { name: "Resume" }).click()
    await merchant.top("no. 103")

    await merchant.scroller.evaluate((element) => element.scrollTo({ top: 2000 }))
    await until("rows further down", async () => !(await merchant.products()).includes("no. 103"))
    const before = await merchant.products()
    await publish(numbered(shopId, 2, 104))
    await page.getByRole("button", { name: "2 new" }).click()
    expect(before).to.not.include("no. 105")
    await merchant.top("no. 105")
  })

  it("reads older pages as somebody scrolls, down to the first event", async () => {
    const shopId = randomUUID()
    await publish(numbered(shopId, 450))
    const merchant = await open(shopId)
    await merchant.top("no. 450")
    await merchant.shows(names(450))
  })
})
