import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { answer } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { MerchantPage } from "./merchant-page.ts"
import { publishAll } from "./seed.ts"

describe("a shop's history in a browser", () => {
  const browser = useBrowser()
  const pages = usePages()

  const publish = (shopId: string, names: readonly string[], shopperId?: string) =>
    publishAll(
      pages.product.edgeUrl,
      names.map((product_name) =>
        publishEvent({ shop_id: shopId, product_name, ...(shopperId === undefined ? {} : { shopper_id: shopperId }) }),
      ),
    )

  it("comes to an EventSource, which goes on by itself after a restart of the edge, without a gap or a repetition", async () => {
    // Where the edge is away for longer than the EventSource waits.
    browser.allow(/ERR_CONNECTION_REFUSED/)
    const shopId = randomUUID()
    const page = await browser.open(`${pages.product.edgeUrl}/merchant/`)
    await page.evaluate((path) => {
      const seen: string[] = []
      const source = new EventSource(path)
      source.addEventListener("action", ({ data }) => seen.push(JSON.parse(data).product_name))
      Object.assign(window, { seen, source })
    }, `/stream/${shopId}`)
    const state = () => page.evaluate(() => (window as unknown as { source: EventSource }).source.readyState)
    const seen = () => page.evaluate(() => (window as unknown as { seen: string[] }).seen)
    await until("the stream to be open", async () => (await state()) === 1)
    // It has told where it begins, once it is followed: what comes from now on is not lost.
    const before = Array.from({ length: 3 }, (_, i) => `before ${i}`)
    await publish(shopId, before)
    await until("the first events", async () => (await seen()).length === 3)
    await pages.product.restartEdge()
    const after = Array.from({ length: 120 }, (_, i) => `after ${i}`)
    // Not through the edge, whose restart has closed the connections that fetch keeps.
    for (const product_name of after) {
      const event = publishEvent({ shop_id: shopId, product_name })
      await pages.product.nats.request(`updates.store.${shopId}`, JSON.stringify(event), { timeout: PATIENCE_MS })
    }
    await until("the others", async () => (await seen()).length >= 123)
    expect(await seen()).to.deep.equal([...before, ...after])
  })

  it("loses a person on an open merchant's page, also where somebody has scrolled back to", async () => {
    const [shopId, person] = [randomUUID(), randomUUID()]
    await publish(shopId, ["no. 1"])
    await publish(shopId, ["no. 2", "no. 3"], person)
    await publish(
      shopId,
      Array.from({ length: 110 }, (_, i) => `no. ${i + 4}`),
    )
    await publish(shopId, ["no. 114"], person)
    await publish(shopId, ["no. 115"])
    const viewport = { width: 1280, height: 2000 }
    const merchant = await MerchantPage.open(browser, pages.merchantUrl(shopId), { viewport })
    await merchant.top("no. 115")
    expect(await merchant.scrollThrough("no. 1")).to.include.members(["no. 2", "no. 3", "no. 114"])
    const { status } = await answer(fetch(`${pages.product.edgeUrl}/shoppers/${person}`, { method: "DELETE" }))
    expect(status).to.equal(200)
    await until("the older ones to be gone", async () => !(await merchant.products()).includes("no. 2"))
    await merchant.scrollUp()
    const left = await merchant.scrollThrough("no. 1")
    expect(left.filter((name) => ["no. 2", "no. 3", "no. 114"].includes(name))).to.deep.equal([])
  })
})
