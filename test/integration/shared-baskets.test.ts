import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { headers } from "nats"
import { connectOncePerTurn } from "res-service"
import type { SentEvent } from "../../contract/shared-session.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { partitionOf } from "../../service/log/subjects.ts"
import { startService } from "../../service/running-service.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

describe("an event of a shared session", () => {
  const product = useProduct()
  const publish = (
    event: SentEvent | readonly SentEvent[],
    shop: string,
    more: Readonly<Record<string, string>> = {},
  ) => post(`${product.edgeUrl}/publish/${shop}`, event, more)
  const basketOf = async ({ shop_id, session_id }: SentEvent) =>
    (await resRequest(product.nats, `get.store.${shop_id}.basket.${session_id}`)).result?.model
  const newEvent = (): SentEvent => publishEvent({ session_id: randomUUID() })

  it("is shown with it, and its basket too, whether a header or the event names it; the published JSON has twelve fields", async () => {
    const event = newEvent()
    const published: unknown[] = []
    const subscription = product.nats.subscribe(shopSubject(event.shop_id), {
      callback: (_, message) => void published.push(message.json()),
    })
    await product.nats.flush()
    expect((await publish(event, event.shop_id, { "Shared-Session": "party~1" })).status).to.equal(200)
    expect((await publish({ ...event, shared_session: "party~1" }, event.shop_id)).status).to.equal(200)
    expect((await publish(event, event.shop_id)).status).to.equal(200)
    const other = { ...event, session_id: randomUUID(), shared_session: "other" }
    expect((await publish([event, other], event.shop_id)).status).to.equal(200)
    expect((await post(`${product.edgeUrl}/send`, { ...event, shared_session: null })).status).to.equal(200)
    const shown = (await getFeed(product.nats, event.shop_id)).map(({ shared_session }) => shared_session).reverse()
    expect(shown).to.deep.equal(["party~1", "party~1", undefined, undefined, "other", null])
    expect(await basketOf(event)).not.to.have.property("shared_session")
    expect(await basketOf(other)).to.include({ shared_session: "other" })
    await until("all are published", () => published.length === 6)
    const { shared_session: _, ...plain } = other
    expect(published).to.deep.equal([event, event, event, event, plain, event])
    subscription.unsubscribe()
  })

  it("may come from a plain NATS publisher; a header that is no session ID is ignored", async () => {
    const event = newEvent()
    const { nats } = product
    for (const session of ["a b", "party"]) {
      const all = headers()
      all.set("Shared-Session", session)
      nats.publish(shopSubject(event.shop_id), JSON.stringify(event), { headers: all })
    }
    await until("both are shown", async () => (await getFeed(nats, event.shop_id)).length === 2)
    const shown = (await getFeed(nats, event.shop_id)).map(({ shared_session }) => shared_session)
    expect(shown).to.deep.equal(["party", undefined])
  })

  it("is refused, and not stored, if request and event name different ones, or none that can be", async () => {
    const event = newEvent()
    const named = { ...event, shared_session: "party" }
    const refused = await publish([event, named], event.shop_id, { "Shared-Session": "other" })
    expect(refused.status).to.equal(422)
    expect(refused.body.errors).to.deep.equal([
      { pointer: "#/1/shared_session", detail: "expected the shared session that the request names" },
    ])
    const wrong = await publish(event, event.shop_id, { "Shared-Session": "a b" })
    expect(wrong.status).to.equal(422)
    expect(wrong.body.errors).to.deep.equal([
      { header: "Shared-Session", detail: "expected 1 to 64 letters, digits, _, ~ or -" },
    ])
    expect(await getFeed(product.nats, event.shop_id)).to.deep.equal([])
  })

  it("is the same event as before under an Idempotency-Key or a producer's sequence only with the same session", async () => {
    const event = newEvent()
    const senders = [
      { "Idempotency-Key": randomUUID() },
      { "Producer-Id": randomUUID(), "Producer-Epoch": "0", "Producer-Seq": "1" },
    ]
    for (const sender of senders) {
      const status = async (session: string) =>
        (await publish(event, event.shop_id, { ...sender, "Shared-Session": session })).status
      expect([await status("party"), await status("party"), await status("other")]).to.deep.equal([200, 200, 409])
    }
    const shown = (await getFeed(product.nats, event.shop_id)).map(({ shared_session }) => shared_session)
    expect(shown).to.deep.equal(["party", "party"])
  })
})

describe("whoever scans in the shop, with a shared session", () => {
  const product = useProduct()
  const open = useStorefronts(product)

  /** A shopper's app in the shop. */
  class App {
    readonly event: SentEvent
    readonly sessionId: string
    readonly more: Readonly<Record<string, string>>

    constructor(
      sessionId: string,
      name: string,
      { shop_id = randomUUID(), more = {} }: { shop_id?: string; more?: Readonly<Record<string, string>> } = {},
    ) {
      this.event = publishEvent({ shop_id, session_id: randomUUID() })
      this.sessionId = sessionId
      this.more = { "Shared-Session": sessionId, "Shared-Session-Name": encodeURIComponent(name), ...more }
    }

    /** Resolves to the status in the answer; null: it had none. */
    async scans(fields: Partial<SentEvent> = {}, more = this.more): Promise<string | null> {
      const event = { ...this.event, ...fields }
      const answer = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event, more)
      expect(answer.status).to.equal(200)
      return answer.headers.get("shared-session-status")
    }

    /** Scans until the answer has a status. */
    status(): Promise<string> {
      return until("a status", async () => (await this.scans({ action: "LOOK" })) ?? undefined)
    }
  }

  const newSession = () => `party~${randomUUID().slice(0, 8)}`

  it("is a member with the basket as its cart, as old clients see it, and is ready by its checkout", async () => {
    const id = newSession()
    const old = await open(id)
    await old.start("Ann")
    const app = new App(id, "Zoë")
    expect(await app.scans()).to.equal(null)
    await old.shows("Ann* Zoë")
    await app.scans({ product_id: 2, product_name: "Pear", product_price: 0.5, UPC: "7" })
    await app.scans()
    const items = [
      { quantity: 2, product: { id: 500100, sku: app.event.UPC, name: "FUJI Apples", price: 3.5 } },
      { quantity: 1, product: { id: 2, sku: "7", name: "Pear", price: 0.5 } },
    ]
    await until("the cart", () => JSON.stringify(old.sees?.[1]?.content) === JSON.stringify({ items }))
    expect(old.sees?.[1]).to.have.all.keys("owner", "content")
    await app.scans({ action: "CHECKOUT" })
    await old.shows("Ann* Zoë+")
    expect(await app.scans()).to.equal("joined")
    await old.shows("Ann* Zoë")
  })

  it("is told in its next answers why it is no member: nobody there, an invitation needed, another shop, removed", async () => {
    const id = newSession()
    const app = new App(id, "Zoë")
    expect(await app.status()).to.equal("session.notStarted")
    const old = await open(id)
    await old.start("Ann")
    await app.scans()
    await old.shows("Ann* Zoë")
    expect(await new App(id, "Eva").status()).to.equal("session.otherShop")

    old.send("createInvite")
    const { invite } = await old.next("createInvite", 0)
    const { shop_id } = app.event
    expect(await new App(id, "Eva", { shop_id }).status()).to.equal("session.inviteNeeded")
    const invited = new App(id, "Eva", { shop_id, more: { "Shared-Session-Invite": invite } })
    expect(await invited.status()).to.equal("joined")
    await old.shows("Ann* Zoë Eva")

    old.send("kick", { customerId: old.sees?.[1]?.owner.id })
    await old.shows("Ann* Eva")
    await until("the refusal", async () => (await app.scans()) === "session.removedByHost")
    expect(old.line).to.equal("Ann* Eva")
    const feed = await getFeed(product.nats, shop_id)
    expect(
      feed.every(({ shared_session }) => shared_session === id),
      "all events are kept",
    ).to.equal(true)
  })

  it("leaves with an event that says so; its cart is nobody else's to change", async () => {
    const id = newSession()
    const [old, guest] = [await open(id), await open(id)]
    await old.start("Ann")
    await guest.join("Bob")
    const app = new App(id, "Zoë")
    await app.scans()
    await old.shows("Ann* Bob Zoë")
    const customerId = old.sees?.[2]?.owner.id
    for (const page of [old, guest]) {
      expect(await page.refusal("updateCart", { customerId, cartContent: {} })).to.equal("session.notYourCustomer")
      const ready = { customerId, customerReadyToCheckout: true }
      expect(await page.refusal("customerReadyToCheckout", ready)).to.equal("session.notYourCustomer")
    }
    await app.scans({}, { "Shared-Session": "" })
    await old.shows("Ann* Bob")
  })

  it("keeps its cart while carts are locked, and it follows afterwards what was scanned meanwhile", async () => {
    const id = newSession()
    const old = await open(id)
    await old.start("Ann")
    const app = new App(id, "Zoë")
    await app.scans()
    const quantity = () => (old.sees?.[1]?.content as { items?: { quantity: number }[] })?.items?.[0]?.quantity
    await until("the cart", () => quantity() === 1)
    const call = (method: string, params: object = {}) =>
      resRequest(product.nats, `call.session.${id}.multicart.${method}`, { cid: "page", params })
    const { result } = await call("join", { customerName: "Bob" })
    old.send("leaveSession")
    await until("Bob to be host", async () => (await call("lock")).result !== undefined)
    await app.scans()
    await until("the shop has it", async () => {
      const { shop_id, session_id } = app.event
      const basket = (await resRequest(product.nats, `get.store.${shop_id}.basket.${session_id}`)).result?.model
      return basket?.item_count === 2
    })
    const content = async () =>
      (await resRequest(product.nats, `get.session.${id}.cart.${await customerOfZoe()}`)).result.model.content.data
    const customerOfZoe = async (): Promise<string> => {
      const { collection } = (await resRequest(product.nats, `get.session.${id}.multicart`)).result
      const [other] = collection
        .map(({ rid }: { rid: string }) => rid.split(".").at(-1))
        .filter((each: string) => each !== result.customerId)
      return other
    }
    expect((await content()).items[0].quantity).to.equal(1)
    expect((await call("unlock")).result).to.be.an("object")
    await until("the cart after the lock", async () => (await content()).items[0].quantity === 2)
  })

  it("is the same with owners of sessions and shops in several processes, and after one of them has stopped", async () => {
    const second = await startService(() => connectOncePerTurn({ servers: product.natsServer.url }), serviceOptions)
    try {
      await until(
        "each to have half of the shards",
        () => second.shards.length > 20 && product.service.shards.length > 20,
      )
      const isOf = (id: string) => second.shards.includes(partitionOf(id))
      const pick = (make: () => string, inSecond: boolean): string => {
        for (;;) {
          const id = make()
          if (isOf(id) === inSecond) return id
        }
      }
      const id = pick(newSession, true)
      const old = await open(id)
      await old.start("Ann")
      const app = new App(id, "Zoë", { shop_id: pick(randomUUID, false) })
      await app.scans()
      await old.shows("Ann* Zoë")
      const quantity = () => (old.sees?.[1]?.content as { items?: { quantity: number }[] })?.items?.[0]?.quantity
      await until("the first cart", () => quantity() === 1)
      await product.restartService()
      await until("an answer", () =>
        app.scans().then(
          () => true,
          () => false,
        ),
      )
      await until("the cart after a restart", () => (quantity() ?? 0) >= 2)
      await old.shows("Ann* Zoë")
    } finally {
      await second.stop()
    }
  })
})

describe("whoever has stopped scanning in the shop", () => {
  const product = useProduct({ sessions: { quietMs: 1500, leaseMs: 500, absenceMs: 1000 } })
  const open = useStorefronts(product)

  it("is away after some time, then out, and a member again with the next event", async () => {
    const old = await open("party")
    await old.start("Ann")
    const event = publishEvent({ session_id: randomUUID() })
    const scan = () =>
      until("an event to be stored", async () => {
        const url = `${product.edgeUrl}/publish/${event.shop_id}`
        return (await post(url, event, { "Shared-Session": "party" })).status === 200
      })
    // It may be over already when this process looks.
    const wasMember = (from: number) => () => old.lines.slice(from).includes("Ann* In the shop")
    await scan()
    await until("a member", wasMember(0))
    await old.shows("Ann*")
    const from = old.lines.length
    await scan()
    await until("a member again", wasMember(from))
  })
})
