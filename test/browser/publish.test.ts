import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Page } from "playwright-core"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvents } from "../helpers/events.ts"
import { get } from "../helpers/http.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { bundle } from "./bundle.ts"

describe("@shopwire/client/publish in a browser", () => {
  const browser = useBrowser()
  const pages = usePages()
  let script: string

  before(async () => {
    script = await bundle(new URL("./publish-page.ts", import.meta.url).pathname)
  })
  // Any page of the edge's will do; it has no icon.
  beforeEach(() => browser.allow(/favicon/))

  /** Puts the publisher into a page. Returns the sequences of the requests that it sends from then on. */
  async function begin(page: Page, shopId: string): Promise<{ sent: number[]; isDurable: boolean }> {
    const sent: number[] = []
    page.on("request", (request) => {
      if (request.url().includes("/publish/")) sent.push(Number(request.headers()["producer-seq"]))
    })
    await page.addScriptTag({ content: script })
    return { sent, isDurable: await page.evaluate((id) => window.publishPage.start(id), shopId) }
  }

  const open = (initScript?: () => void) =>
    browser.open(`${pages.product.edgeUrl}/healthz`, { bypassCSP: true, ...(initScript && { initScript }) })

  /** The numbers of a shop's events, in the log's order. */
  async function stored(shopId: string): Promise<number[]> {
    const { body } = await get(`${pages.gateway.url}/api/store/${shopId}/feed`)
    return body.map(({ action_id }: ShownEvent) => action_id).reverse()
  }

  it("publishes, and keeps what it can't send over a reload", async () => {
    browser.allow(/net::ERR_FAILED/)
    const shopId = randomUUID()
    const [first, ...others] = publishEvents(30, shopId)
    const page = await open()
    const { isDurable } = await begin(page, shopId)
    expect(isDurable).to.equal(true)
    expect(await page.evaluate((event) => window.publishPage.publish(event), first as never)).to.be.a("number")
    await page.route("**/publish/**", (route) => route.abort())
    for (const event of others)
      expect(await page.evaluate((each) => window.publishPage.add([each]), event)).to.equal(undefined)
    await page.reload()
    await page.unroute("**/publish/**")
    const { sent } = await begin(page, shopId)
    await page.evaluate(() => window.publishPage.flush())
    expect(await stored(shopId)).to.deep.equal(Array.from({ length: 30 }, (_, i) => i + 1))
    // What was begun before the reload is sent again as it was, and the rest in one array.
    expect(sent.at(0)).to.equal(2)
    expect(sent.length).to.be.below(4)
  })

  it("lets one of two tabs send, which tells the other, and the other go on when it is closed", async () => {
    const shopId = randomUUID()
    const events = publishEvents(6, shopId)
    const first = await open()
    const second = await first.context().newPage()
    await second.goto(first.url())
    const [one, other] = [await begin(first, shopId), await begin(second, shopId)]
    const publish = (page: Page, i: number) =>
      page.evaluate((event) => window.publishPage.publish(event), events[i] as never)
    const seqs = [await publish(first, 0), await publish(second, 1), await publish(first, 2), await publish(second, 3)]
    expect(seqs).to.deep.equal(seqs.toSorted((a, b) => Number(a) - Number(b)))
    expect([one.sent, other.sent]).to.deep.equal([[1, 2, 3, 4], []])
    await first.close()
    expect([await publish(second, 4), await publish(second, 5)]).to.have.length(2)
    expect(other.sent).to.deep.equal([5, 6])
    expect(await stored(shopId)).to.deep.equal([1, 2, 3, 4, 5, 6])
  })

  it("is stored once, and in order, when answers get lost", async () => {
    browser.allow(/net::ERR_FAILED/)
    const shopId = randomUUID()
    const page = await open()
    let lost = 0
    await page.route("**/publish/**", async (route) => {
      if (lost++ % 2 === 1) return route.continue()
      await route.fetch()
      await route.abort()
    })
    const { sent } = await begin(page, shopId)
    for (const event of publishEvents(3, shopId)) await page.evaluate((each) => window.publishPage.publish(each), event)
    expect(sent).to.deep.equal([1, 1, 2, 2, 3, 3])
    expect(await stored(shopId)).to.deep.equal([1, 2, 3])
  })

  it("is stored once by two tabs that can't agree on who sends, as there are no Web Locks", async () => {
    const shopId = randomUUID()
    const withoutLocks = () => Object.defineProperty(navigator, "locks", { value: undefined })
    const first = await open(withoutLocks)
    const second = await first.context().newPage()
    await second.goto(first.url())
    const [one, other] = [await begin(first, shopId), await begin(second, shopId)]
    const events = publishEvents(20, shopId)
    for (const [i, event] of events.entries())
      await (i % 2 === 0 ? first : second).evaluate((each) => window.publishPage.add([each]), event)
    await Promise.all([first, second].map((page) => page.evaluate(() => window.publishPage.flush())))
    expect(await stored(shopId)).to.deep.equal(events.map(({ action_id }) => action_id))
    expect([one.sent.length > 0, other.sent.length > 0]).to.deep.equal([true, true])
  })

  it("tells the tab that has published it when its event is refused, whichever sends", async () => {
    browser.allow(/status of 422/)
    const shopId = randomUUID()
    const first = await open()
    const second = await first.context().newPage()
    await second.goto(first.url())
    await begin(first, shopId)
    await begin(second, shopId)
    const [event] = publishEvents(1, shopId)
    const outcome = second.evaluate((bad) => window.publishPage.publish(bad), { ...event, UPC: 7 } as never)
    expect(await outcome).to.equal("ProblemError")
    await until("nothing to wait", async () => (await second.evaluate(() => window.publishPage.waiting())) === 0)
  })

  it("settles what another tab has sent, though that was closed before it could tell", async () => {
    const shopId = randomUUID()
    const first = await open(() => {
      const { postMessage } = BroadcastChannel.prototype
      BroadcastChannel.prototype.postMessage = function (message: { kind: string }) {
        if (message.kind !== "stored") postMessage.call(this, message)
      }
    })
    const second = await first.context().newPage()
    await second.goto(first.url())
    await begin(first, shopId)
    await begin(second, shopId)
    const [event] = publishEvents(1, shopId)
    const outcome = second.evaluate((each) => window.publishPage.publish(each), event as never)
    await until("the event to be stored", async () => (await stored(shopId)).length === 1)
    await until("the tab to be done", async () => (await first.evaluate(() => window.publishPage.waiting())) === 0)
    await first.close()
    expect(await outcome).to.equal(0)
    expect(await stored(shopId)).to.deep.equal([1])
  })

  it("can be tried again from any tab, and each knows why the last attempt failed", async () => {
    browser.allow(/net::ERR_FAILED|status of 503/)
    const shopId = randomUUID()
    // The longest of the random pauses.
    const first = await open(() => {
      Math.random = () => 0.99
    })
    await first.route("**/publish/**", (route) => route.abort())
    const { sent } = await begin(first, shopId)
    const second = await first.context().newPage()
    await second.goto(first.url())
    await begin(second, shopId)
    await second.evaluate((all) => window.publishPage.add(all), publishEvents(1, shopId))
    const problem = (page: Page) => page.evaluate(() => window.publishPage.problem())
    await until("the problem", async () => (await problem(second))?.startsWith("ProblemError: There was no answer"))
    // The publisher's own pauses would take 50 s.
    const eight = async () => {
      await second.evaluate(() => window.publishPage.retry())
      return sent.length >= 8
    }
    await until("eight attempts", eight, 40_000)
    const third = await first.context().newPage()
    await third.goto(first.url())
    await begin(third, shopId)
    await until("the problem in a new tab", async () => (await problem(third)) !== undefined)
    await first.unroute("**/publish/**")
    await second.evaluate(() => window.publishPage.retry())
    await third.evaluate(() => window.publishPage.flush())
    for (const page of [second, third]) await until("no problem", async () => (await problem(page)) === undefined)
    expect(await stored(shopId)).to.deep.equal([1])
  })

  it("keeps an event that is being added while the page stops it, and takes none after that", async () => {
    const shopId = randomUUID()
    const page = await open()
    await begin(page, shopId)
    const outcomes = await page.evaluate(
      async ([one, two, three]) => {
        const { publish, add, stop } = window.publishPage
        if (!one || !two || !three) throw new Error("no events")
        const [published, added] = [publish(one), add([two])]
        await stop()
        return [await published, await added, await add([three])]
      },
      publishEvents(3, shopId),
    )
    expect(outcomes).to.deep.equal(["Error", undefined, "Error"])
    await begin(page, shopId)
    await page.evaluate(() => window.publishPage.flush())
    expect(await stored(shopId)).to.deep.equal([1, 2])
  })

  it("says that the browser's storage is full, and goes on when it is not", async () => {
    const shopId = randomUUID()
    const page = await open()
    const cdp = await page.context().newCDPSession(page)
    await begin(page, shopId)
    const origin = new URL(page.url()).origin
    await page.route("**/publish/**", (route) => route.fulfill({ status: 503, headers: { "retry-after": "1" } }))
    browser.allow(/status of 503/)
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 })
    const events = publishEvents(500, shopId).map((event) => ({ ...event, product_name: "x".repeat(5000) }))
    const refusal = await until("the storage to be full", async () => {
      const name = await page.evaluate((all) => window.publishPage.add(all), events)
      return name
    })
    expect(refusal).to.equal("OutboxFullError")
    await cdp.send("Storage.overrideQuotaForOrigin", { origin })
    await page.unroute("**/publish/**")
    await page.evaluate((all) => window.publishPage.add(all), publishEvents(3, shopId))
    await page.evaluate(() => window.publishPage.flush())
    expect((await stored(shopId)).slice(-3)).to.deep.equal([1, 2, 3])
  })

  it("keeps events in memory on a page that may store nothing", async () => {
    const shopId = randomUUID()
    const page = await open(() => {
      indexedDB.open = () => {
        throw new DOMException("blocked", "SecurityError")
      }
    })
    const { isDurable } = await begin(page, shopId)
    expect(isDurable).to.equal(false)
    await page.evaluate((all) => window.publishPage.add(all), publishEvents(3, shopId))
    await page.evaluate(() => window.publishPage.flush())
    expect(await stored(shopId)).to.deep.equal([1, 2, 3])
  })
})
