import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { Page } from "playwright-core"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { type TestBrowser, useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { type Pages, usePages } from "../helpers/pages.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { bundle } from "./bundle.ts"
import type { Shown, ShownDays, ShownShop } from "./hooks-page.tsx"
import { reacts } from "./reacts.ts"

// biome-ignore lint/suspicious/noExplicitAny: tests look into any resource
type Watched = { status: string; data: any; failure?: { code: string } }

/** A page of the hooks in React's StrictMode, in development, where every effect runs twice. */
class HooksPage {
  readonly page: Page
  /** Names of the requests that the page has sent to the gateway, as in `subscribe.store.…`. */
  readonly requests: string[] = []

  constructor(page: Page) {
    this.page = page
  }

  async show(shown: Shown): Promise<void> {
    await this.page.evaluate((what) => window.hooksPage.show(what), shown)
  }

  /** What the components show now. */
  async resources(): Promise<Watched[]> {
    return (await this.page.locator(".resource").allTextContents()).map((text) => JSON.parse(text))
  }

  async becomes(what: string, matches: (resources: Watched[]) => boolean): Promise<Watched[]> {
    return await until(what, async () => {
      const resources = await this.resources()
      return matches(resources) && resources
    })
  }

  async state(kind: string): Promise<void> {
    await until(`the connection to be ${kind}`, async () => (await this.page.textContent("#state")) === kind)
  }

  count(request: string): number {
    return this.requests.filter((each) => each === request).length
  }
}

describe("the hooks", () => {
  const browser = useBrowser()
  const pages = usePages()

  for (const [name, others] of Object.entries(reacts))
    describe(`with ${name}`, () => testHooks(browser, pages, name, others))
})

function testHooks(browser: TestBrowser, pages: Pages, name: string, others: Readonly<Record<string, string>>): void {
  let script: string

  before(async () => {
    script = await bundle(new URL("./hooks-page.tsx", import.meta.url).pathname, others)
  })

  const publish = (shopId: string, action = "ADD") =>
    post(`${pages.product.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId, action }))

  const actions = (watched: Watched | undefined) => watched?.data.map(({ action }: ShownEvent) => action)

  async function open(shown: Shown, prepare: (page: Page) => Promise<void> = async () => {}): Promise<HooksPage> {
    // Any page of the edge's will do to put a script into, past its policy; it has no icon.
    browser.allow(/favicon/)
    const page = await browser.open(`${pages.product.edgeUrl}/healthz`, { bypassCSP: true })
    await prepare(page)
    const hooks = new HooksPage(page)
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => hooks.requests.push(JSON.parse(String(payload)).method))
    })
    await page.addScriptTag({ content: script })
    await page.evaluate((url) => window.hooksPage.start(url), pages.gateway.wsUrl)
    await hooks.state("live")
    await hooks.show(shown)
    return hooks
  }

  it("are drawn by that version", async () => {
    const hooks = await open({})
    expect(`React ${await hooks.page.evaluate(() => window.hooksPage.reactVersion)}`).to.match(
      new RegExp(`^${name}\\.`),
    )
  })

  it("take part in a shared session while mounted, once, also in StrictMode, and come back as the same customer", async () => {
    const sessionId = randomUUID()
    const host = await Storefront.open(pages.product.edgeUrl, sessionId)
    await host.start("Ann")
    const session = { edgeUrl: pages.product.edgeUrl, sessionId, customerName: "Bob", how: "join" } as const
    const hooks = await open({ session })
    const live = (what: string) =>
      until(what, async () => {
        const state = JSON.parse((await hooks.page.textContent("#session")) ?? "null")
        return state?.phase === "live" && state
      })
    const { customerId, members } = await live("the guest to be in")
    expect(members.map(({ name }: { name: string }) => name)).to.deep.equal(["Ann", "Bob"])
    await hooks.page.evaluate(() => window.hooksPage.setCart({ items: [7] }))
    const cartOf = (): unknown => {
      const update = host.messages.findLast(({ event }) => event === "multicartUpdate")
      return update?.payload.multicartContent.find(({ owner }: { owner: { id: string } }) => owner.id === customerId)
        ?.content
    }
    await until("the cart at the host", () => JSON.stringify(cartOf()) === '{"items":[7]}')
    await hooks.show({})
    await hooks.show({ session })
    expect((await live("the guest to be back")).customerId).to.equal(customerId)
    await host.close()
  })

  it("suspend, if they should, until the resource is there or can't be had", async () => {
    const shopId = randomUUID()
    await publish(shopId, "FIRST")
    const hooks = await open({ suspending: [`store.${shopId}.feed`, `store.${shopId}`] })
    const [feed, absent] = await hooks.becomes(
      "both",
      ([there, not]) => there?.status === "live" && not?.failure?.code === "system.notFound",
    )
    expect(actions(feed)).to.deep.equal(["FIRST"])
    expect(absent?.status).to.equal("failed")
    expect(await hooks.page.locator(".waiting").count()).to.equal(0)
    await publish(shopId, "SECOND")
    await hooks.becomes("the event", ([each]) => each?.data.length === 2)
    expect(hooks.count(`subscribe.store.${shopId}.feed`)).to.equal(1)
  })

  it("show a collection live with exactly one subscription, and end it when nobody looks any more", async () => {
    const shopId = randomUUID()
    const rid = `store.${shopId}.feed`
    await publish(shopId, "FIRST")
    const hooks = await open({ collections: [rid, rid] })
    await hooks.becomes("the feed, twice", (all) => all.length === 2 && all.every(({ status }) => status === "live"))
    await publish(shopId, "SECOND")
    const [one, other] = await hooks.becomes("the event", (all) => all[1]?.data.length === 2)
    expect(actions(one)).to.deep.equal(["SECOND", "FIRST"])
    expect(other).to.deep.equal(one)
    expect(hooks.count(`subscribe.${rid}`)).to.equal(1)

    // Back before resclient lets go, after 2 s: still the same subscription.
    await hooks.page.evaluate(async (name) => {
      window.hooksPage.show({})
      while (document.querySelector(".resource") !== null) await new Promise((resolve) => setTimeout(resolve))
      window.hooksPage.show({ collections: [name] })
    }, rid)
    await hooks.becomes("the feed", ([feed]) => feed?.status === "live" && feed.data.length === 2)
    expect(hooks.count(`subscribe.${rid}`)).to.equal(1)
    expect(hooks.count(`unsubscribe.${rid}`)).to.equal(0)

    await hooks.show({})
    await until("the end of the subscription", () => hooks.count(`unsubscribe.${rid}`) === 1)
    await publish(shopId, "THIRD")
    await hooks.show({ collections: [rid] })
    const [again] = await hooks.becomes("the feed", ([feed]) => feed?.status === "live" && feed.data.length === 3)
    expect(actions(again)).to.deep.equal(["THIRD", "SECOND", "FIRST"])
    expect(hooks.count(`subscribe.${rid}`)).to.equal(2)
  })

  it("draw many changes at once", async () => {
    const shopId = randomUUID()
    const rid = `store.${shopId}.feed`
    const hooks = await open({ collections: [rid] })
    await hooks.becomes("the feed", ([feed]) => feed?.status === "live")
    // Slow frames, so that it does not matter how slowly the events come.
    await hooks.page.evaluate(() => {
      window.requestAnimationFrame = (draw) => window.setTimeout(draw, 100)
    })
    const renders = () => hooks.page.evaluate(() => window.hooksPage.renders)
    const before = await renders()
    const events = Array.from({ length: 300 }, () => publishEvent({ shop_id: shopId }))
    await post(`${pages.product.edgeUrl}/publish/${shopId}`, events)
    await hooks.becomes("the feed to be full", ([feed]) => feed?.data.length === 100)
    // StrictMode renders each time twice.
    expect((await renders()) - before).to.be.below(300)
  })

  it("go on in a page that nobody sees, which gets no frames to draw in", async () => {
    const shopId = randomUUID()
    const hooks = await open({ collections: [`store.${shopId}.feed`] })
    await hooks.becomes("the feed", ([feed]) => feed?.status === "live")
    await hooks.page.evaluate(() => {
      window.requestAnimationFrame = () => 0
    })
    for (const length of [1, 2]) {
      await publish(shopId)
      await hooks.becomes("the event", ([feed]) => feed?.data.length === length)
    }
  })

  it("show models that a collection refers to, their changes, and those that leave", async () => {
    const session = randomUUID()
    const host = await Storefront.open(pages.product.edgeUrl, session)
    const guest = await Storefront.open(pages.product.edgeUrl, session)
    await host.start("Ann")
    const rid = `session.${session}.multicart`
    const hooks = await open({ collections: [rid] })
    const names = ([multicart]: Watched[]) =>
      multicart?.data?.map(({ owner }: { owner: { name: string } }) => owner.name).join(" ")
    await hooks.becomes("the host", (all) => names(all) === "Ann")
    await guest.join("Bob")
    await hooks.becomes("both", (all) => names(all) === "Ann Bob")
    guest.send("updateCart", { customerId: guest.customerId, cartContent: { items: [1] } })
    await hooks.becomes("the cart", ([multicart]) => multicart?.data[1].content.items?.[0] === 1)
    guest.send("leaveSession", { customerId: guest.customerId })
    await hooks.becomes("the host alone", (all) => names(all) === "Ann")
    await host.close()
    await guest.close()
    // Carts come and go with their collection: none was subscribed to by itself.
    expect(hooks.requests.filter((name) => name.startsWith("subscribe."))).to.deep.equal([`subscribe.${rid}`])
  })

  it("leave out what a collection refers to while it can't be had, and show it once it can", async () => {
    const { nats } = pages.product
    const answers: Record<string, string> = {
      "get.odd.list": '{"result":{"collection":[{"rid":"odd.a"},{"rid":"odd.b"}]}}',
      "get.odd.a": '{"result":{"model":{"name":"a"}}}',
      "get.odd.b": '{"error":{"code":"system.timeout","message":"Request timeout"}}',
    }
    const services = [
      nats.subscribe("access.odd.>", { callback: (_, msg) => void msg.respond('{"result":{"get":true}}') }),
      nats.subscribe("get.odd.>", { callback: (_, msg) => void msg.respond(answers[msg.subject] ?? "") }),
    ]
    try {
      const hooks = await open({ collections: ["odd.list"] })
      const [first] = await hooks.becomes("the list", ([list]) => list?.data?.length === 1)
      expect(first?.data).to.deep.equal([{ name: "a" }])
      answers["get.odd.b"] = '{"result":{"model":{"name":"b"}}}'
      const [whole] = await hooks.becomes("both", ([list]) => list?.data?.length === 2)
      expect(whole?.data).to.deep.equal([{ name: "a" }, { name: "b" }])
    } finally {
      for (const service of services) service.unsubscribe()
    }
  })

  it("show a model, and tell what can't be had", async () => {
    const shopId = randomUUID()
    const seq = Number((await publish(shopId)).headers.get("x-event-seq"))
    const hooks = await open({ models: [`store.${shopId}.event.${seq}`, `store.${randomUUID()}.event.${seq}`] })
    const [there, absent] = await hooks.becomes(
      "both",
      ([known, not]) => known?.status === "live" && not?.failure?.code === "system.notFound",
    )
    expect(there?.data).to.include({ shop_id: shopId, seq })
    expect(absent?.status).to.equal("failed")
  })

  it("are right again after the gateway was away, and say that they were not", async () => {
    browser.allow(/WebSocket connection/)
    const shopId = randomUUID()
    const rid = `store.${shopId}.feed`
    const hooks = await open({ collections: [rid] })
    await hooks.becomes("the feed", ([feed]) => feed?.status === "live")
    await pages.stopGateway()
    await hooks.state("reconnecting")
    await hooks.becomes("the feed to be stale", ([feed]) => feed?.status === "stale")
    await publish(shopId, "MEANWHILE")
    await pages.startGateway()
    await hooks.state("live")
    const [feed] = await hooks.becomes("the missed event", ([each]) => each?.data.length === 1)
    expect(feed?.status).to.equal("live")
    await publish(shopId, "AFTER")
    const [after] = await hooks.becomes("the next event", ([each]) => each?.data.length === 2)
    expect(actions(after)).to.deep.equal(["AFTER", "MEANWHILE"])
  })

  it("find out that a copy was tampered with, fetch it again, tell the page and report it to the service", async () => {
    const shopId = randomUUID()
    const send = (fields: Partial<PublishEvent>) =>
      post(`${pages.product.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId, ...fields }))
    const [first, second, done] = [randomUUID(), randomUUID(), randomUUID()]
    await send({ session_id: done, action: "CHECKOUT", product_name: "Order" })
    await send({ session_id: first, product_name: "Apple", product_price: 1 })
    const reports: string[] = []
    pages.product.nats.subscribe(`call.store.${shopId}.digest.report`, {
      callback: (_, message) => void reports.push(message.json<{ params: { what: string } }>().params.what),
    })
    await pages.product.nats.flush()
    const hooks = await open({ shop: shopId })
    const shop = async (): Promise<ShownShop> =>
      JSON.parse((await hooks.page.textContent("#shop", { timeout: 60_000 })) ?? "")
    const becomes = (what: string, matches: (shown: ShownShop) => boolean) =>
      until(what, async () => {
        const shown = await shop()
        return matches(shown) && shown
      })
    /** Waits for something that is right again soon after. */
    const was = (what: string, matches: (shown: ShownShop) => boolean) =>
      until(what, async () => (await hooks.page.evaluate(() => window.hooksPage.shops)).some(matches))
    await becomes(
      "the shop",
      ({ products, totals, orders }) => products.length === 2 && totals[0] === 1 && orders === 1,
    )

    await hooks.page.evaluate((id) => window.hooksPage.tamper(id, "feed"), shopId)
    await send({ session_id: second, product_name: "Pear", product_price: 2 })
    await was("the wrong event", ({ products }) => products.join() === "Pear,Tampered,Order")
    await becomes("the right event", ({ products }) => products.join() === "Pear,Apple,Order")
    expect(await shop()).to.include({ differences: 1, what: "feed" })
    await until("the report", () => reports.length === 1)
    expect(reports).to.deep.equal(["feed"])

    // Of the baskets the newest is the first.
    await hooks.page.evaluate((id) => window.hooksPage.tamper(id, "basket"), shopId)
    await send({ session_id: first, product_name: "Apple", product_price: 1 })
    await was("the wrong total", ({ totals }) => totals.join() === "999,2")
    await becomes("the right total", ({ totals }) => totals.join() === "2,2")
    const { seq } = await becomes("the second repair", ({ differences }) => differences === 2)
    expect(await shop()).to.include({ what: "basket", abandoned: 0 })
    await until("the second report", () => reports.length === 2)
    expect(reports).to.deep.equal(["feed", "basket"])
    expect(seq).to.be.above(0)
  })

  it("show a shop's profile, today, and the days from a date to another, which change by themselves", async () => {
    const shopId = randomUUID()
    const dayMs = 24 * 60 * 60 * 1000
    const dateAt = (time: number): string => new Date(time).toISOString().slice(0, 10)
    const now = Date.now()
    const [from, yesterday, to] = [dateAt(now - 2 * dayMs), dateAt(now - dayMs), dateAt(now)]
    const hooks = await open({ days: { shopId, from, to } })
    const becomes = (what: string, expected: ShownDays) =>
      until(what, async () => {
        const shown: ShownDays = JSON.parse((await hooks.page.textContent("#days", { timeout: 60_000 })) ?? "")
        return isDeepStrictEqual(shown, expected)
      })
    const days = (orders: number): ShownDays["range"] => [
      [from, 0],
      [yesterday, 0],
      [to, orders],
    ]
    await becomes("days without orders", { currency: null, today: [[to, 0]], range: days(0) })
    await publish(shopId, "CHECKOUT")
    await becomes("the order", { currency: null, today: [[to, 1]], range: days(1) })
    await hooks.show({
      days: { shopId, from: yesterday, to: yesterday },
      call: { rid: `store.${shopId}.profile`, method: "set" },
    })
    await becomes("another range", { currency: null, today: [[to, 1]], range: [[yesterday, 0]] })
    await hooks.page.evaluate(() => window.hooksPage.call({ currency: "KWD" }))
    await becomes("the currency", { currency: "KWD", today: [[to, 1]], range: [[yesterday, 0]] })
    expect(hooks.count(`subscribe.store.${shopId}.days?from=${from}&to=${to}`)).to.equal(1)
  })

  it("say that the service does not answer, behind a gateway that does", async () => {
    const hooks = await open({})
    const ask = () => hooks.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))
    await pages.product.stopService()
    await until("the connection to be unanswered", async () => {
      await ask()
      return (await hooks.page.textContent("#state")) === "unanswered"
    })
    await pages.product.restartService()
    await hooks.state("live")
  })

  it("notice a connection that was cut without a word", async () => {
    let cut = false
    const hooks = await open({}, (page) =>
      page.routeWebSocket(/.*/, (socket) => {
        const server = socket.connectToServer()
        const dead = cut
        socket.onMessage((message) => !cut && !dead && server.send(message))
        server.onMessage((message) => !cut && !dead && socket.send(message))
      }),
    )
    cut = true
    await hooks.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))
    await hooks.state("reconnecting")
    cut = false
    await hooks.state("live")
  })

  it("call methods, and tell what they answer, what is wrong, and when that can't be known", async () => {
    browser.allow(/WebSocket/)
    const event = publishEvent()
    const hooks = await open({ call: { rid: `store.${event.shop_id}.feed`, method: "publish" } })
    await hooks.page.waitForSelector("#call")
    const call = (params: unknown) => hooks.page.evaluate((given) => window.hooksPage.call(given), params)
    const failure = async () => JSON.parse((await hooks.page.textContent("#call")) ?? "").failure?.code
    expect(await call(event))
      .to.have.property("seq")
      .that.is.a("number")
    expect(await failure()).to.equal(undefined)
    expect(await call({ ...event, UPC: 1 })).to.equal(undefined)
    await until("what is wrong", async () => (await failure()) === "system.invalidParams")

    await pages.product.natsServer.kill()
    const lost = call(event)
    await pages.stopGateway()
    expect(await lost).to.equal(undefined)
    const unknown = ["system.disconnect", "system.connectionError", "system.serviceUnavailable"]
    await until("that it can't be known", async () => unknown.includes(await failure()))
    await pages.product.restartNats()
    await pages.startGateway()
    await hooks.state("live")
  })
}
