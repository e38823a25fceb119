import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { STREAM } from "../../service/log/stream.ts"
import { partitionOf, storedSubject, workSubject } from "../../service/log/subjects.ts"
import { BUCKET } from "../../service/store/snapshots.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { TestProducer } from "../helpers/producers.ts"
import { useProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed, resRequest } from "../helpers/res.ts"
import { type ClientCollection, type ClientModel, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

/** What tests look at of a basket. */
interface Basket {
  readonly session_id: string
  readonly status: string
  readonly item_count: number
  readonly lines: readonly { readonly product_id: number; readonly quantity: number }[]
  readonly acknowledged_by: string | null
}

describe("a shop's baskets and figures", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  const publish = (event: PublishEvent) => post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
  const request = (rid: string) => resRequest(product.nats, `get.store.${rid}`)
  const basketOf = async (shopId: string, sessionId: string) =>
    (await request(`${shopId}.basket.${sessionId}`)).result?.model
  const statsOf = async (shopId: string) => (await request(`${shopId}.stats`)).result.model
  const acknowledge = (shopId: string, sessionId: string, params: unknown) =>
    resRequest(product.nats, `call.store.${shopId}.basket.${sessionId}.acknowledge`, { params, cid: "test" })

  /** Session IDs of the list, first to last. */
  async function listOf(shopId: string): Promise<string[]> {
    const { result } = await request(`${shopId}.baskets`)
    return result.collection.map(({ rid }: { rid: string }) => rid.split(".").at(-1))
  }

  /** All that a shop shows, but for what the time of the `get` makes of it. */
  async function shownOf(shopId: string): Promise<unknown> {
    const list = await listOf(shopId)
    const { minutes: _, events_last_minute: __, since: ___, ...figures } = await statsOf(shopId)
    return {
      figures,
      list: list.toSorted(),
      baskets: await Promise.all(list.toSorted().map((id) => basketOf(shopId, id))),
    }
  }

  it("are empty, and zeros, for a shop that nobody has used; a basket never seen is system.notFound", async () => {
    const shopId = randomUUID()
    expect(await listOf(shopId)).to.deep.equal([])
    expect(await statsOf(shopId)).to.include({ events: 0, baskets_open: 0, value_open: 0, events_last_minute: 0 })
    expect((await request(`${shopId}.basket.${randomUUID()}`)).error?.code).to.equal("system.notFound")
  })

  it("are system.notFound for what are no IDs", async () => {
    for (const rid of ["x.baskets", "x.stats", `${randomUUID()}.basket.x`, `${randomUUID().toUpperCase()}.baskets`])
      expect((await request(rid)).error?.code, rid).to.equal("system.notFound")
  })

  it("are made of the shop's events, and of nobody else's", async () => {
    const event = publishEvent({ session_id: randomUUID(), product_price: 0.1, basket_total: 0.3 })
    await publish(publishEvent({ session_id: event.session_id }))
    await publish(event)
    await publish({ ...event, product_id: 2, product_name: "Pear", product_price: 0.2 })
    const seq = Number((await publish({ ...event, action: "VIEW" })).headers.get("x-event-seq"))
    expect(await listOf(event.shop_id)).to.deep.equal([event.session_id])
    const model = await basketOf(event.shop_id, event.session_id)
    const { shopper_id, product_name, product_id, UPC, category_id } = event
    const line = { UPC, category_id, quantity: 1 }
    expect(model).to.deep.include({
      session_id: event.session_id,
      shopper_id,
      status: "open",
      lines: {
        data: [
          { ...line, product_id, product_name, unit_price: 0.1, line_total: 0.1 },
          { ...line, product_id: 2, product_name: "Pear", unit_price: 0.2, line_total: 0.2 },
        ],
      },
      item_count: 2,
      total: 0.3,
      basket_total: 0.3,
      drift: false,
      events: 3,
      last_action: "VIEW",
      last_seq: seq,
      acknowledged_by: null,
      acknowledged_at: null,
    })
    expect(model.last_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const figures = await statsOf(event.shop_id)
    expect(figures).to.include({ events: 3, baskets_open: 1, value_open: 0.3, events_last_minute: 3 })
    expect(figures.minutes.data).to.have.length(60)
    expect(figures.top_products.data[1]).to.deep.equal({ product_id, product_name, added: 1 })
  })

  it("add up in the precision of their prices, and take a coupon for no drift", async () => {
    const event = publishEvent({ session_id: randomUUID(), product_price: 1.255, basket_total: 3.765 })
    for (const product_id of [1, 2, 3]) await publish({ ...event, product_id })
    const { shop_id, session_id } = event
    expect(await basketOf(shop_id, session_id)).to.include({ total: 3.765, basket_total: 3.765, drift: false })
    expect((await statsOf(shop_id)).value_open).to.equal(3.765)
    await publish({ ...event, action: "COUPON", basket_total: 3 })
    expect(await basketOf(shop_id, session_id)).to.include({ total: 3.765, basket_total: 3, drift: false })
    await publish({ ...event, action: "VIEW", basket_total: 9 })
    expect((await basketOf(shop_id, session_id)).drift).to.equal(true)
  })

  it("have the event when its answer is there: who publishes and then looks, sees it", async () => {
    const event = publishEvent({ session_id: randomUUID() })
    for (let count = 1; count <= 20; count++) {
      await publish(event)
      expect((await basketOf(event.shop_id, event.session_id)).item_count).to.equal(count)
    }
  })

  it("come to resclient as references, change there, and go when they are checked out", async () => {
    const shopId = randomUUID()
    const [first, second] = [randomUUID(), randomUUID()]
    const client = newClient()
    const list = await client.get<ClientCollection<ClientModel<Basket>>>(`store.${shopId}.baskets`)
    const figures = await client.get<ClientModel<{ events: number; baskets_checked_out: number }>>(
      `store.${shopId}.stats`,
    )
    figures.on("change", () => {})
    list.on("add", () => {})
    const ids = () => [...list].map(({ props }) => props.session_id)

    await publish(publishEvent({ shop_id: shopId, session_id: first }))
    await publish(publishEvent({ shop_id: shopId, session_id: second, product_id: 2 }))
    await until("both baskets, the newer in front", () => ids().join() === [second, first].join())
    await publish(publishEvent({ shop_id: shopId, session_id: first }))
    await until("the second apple", () => [...list][1]?.props.lines[0]?.quantity === 2)
    expect(ids()).to.deep.equal([second, first])
    await publish(publishEvent({ shop_id: shopId, session_id: second, action: "CHECKOUT" }))
    await until("the basket to go", () => ids().join() === first)
    await until("the figures", () => figures.props.events === 4 && figures.props.baskets_checked_out === 1)
    expect((await get(`${gateway.url}/api/store/${shopId}/baskets`)).body[0]).to.include({ item_count: 2 })
  })

  it("end, for resclients who watch while events pour in, in what a fresh get gives", async () => {
    const shopId = randomUUID()
    const sessions = Array.from({ length: 30 }, () => randomUUID())
    const watched = await Promise.all(
      [1, 2, 3].map(async () => {
        const client = newClient()
        const list = await client.get<ClientCollection<ClientModel<Basket>>>(`store.${shopId}.baskets`)
        list.on("add", () => {})
        return list
      }),
    )
    const actions = ["ADD", "ADD", "ADD", "REMOVE", "CHECKOUT"]
    await Promise.all(
      sessions.map(async (session_id, n) => {
        for (let i = 0; i < 12; i++)
          await publish(
            publishEvent({ shop_id: shopId, session_id, product_id: i % 3, action: actions[(n + i) % 5] ?? "" }),
          )
      }),
    )
    for (const list of watched) {
      await until("the copy to be what a fresh get gives", async () => {
        const fresh = (await get(`${gateway.url}/api/store/${shopId}/baskets`)).body
        const direct = await Promise.all((await listOf(shopId)).map((id) => basketOf(shopId, id)))
        const flat = direct.map((model) => ({ ...model, lines: model.lines.data }))
        return [[...list].map(({ props }) => props), flat].every((copy) => isEqual(copy, fresh))
      })
    }
  })

  describe("call acknowledge", () => {
    it("shows every other screen who did, before it is answered", async () => {
      const event = publishEvent({ session_id: randomUUID() })
      await publish(event)
      const rid = `store.${event.shop_id}.basket.${event.session_id}`
      const [ann, bob] = [newClient(), newClient()]
      const seen = await bob.get<ClientModel<Basket>>(rid)
      seen.on("change", () => {})
      const { seq } = await ann.call<{ seq: number }>(rid, "acknowledge", { by: " Ann " })
      expect(seq).to.be.above(0)
      await until("the other screen to show it", () => seen.props.acknowledged_by === "Ann")
      expect(await basketOf(event.shop_id, event.session_id)).to.include({ acknowledged_by: "Ann", events: 1 })

      const events: string[] = []
      product.nats.subscribe(`event.${rid}.change`, { callback: (_, msg) => void events.push(msg.string()) })
      await product.nats.flush()
      await acknowledge(event.shop_id, event.session_id, { by: "Bob" })
      // On one connection what was sent before the answer came before it.
      await product.nats.flush()
      expect(events).to.have.length(1)
      expect(JSON.parse(events[0] ?? "").values).to.include({ acknowledged_by: "Bob" })
    })

    it("is kept in the log under a subject of its own, which feed, events and plain subscribers never see", async () => {
      const event = publishEvent({ session_id: randomUUID() })
      const plain: string[] = []
      product.nats.subscribe("updates.>", { callback: (_, msg) => void plain.push(msg.subject) })
      await product.nats.flush()
      await publish(event)
      const feed = await FeedWatcher.watch(product.nats, event.shop_id)
      const { seq } = (await acknowledge(event.shop_id, event.session_id, { by: "Ann" })).result
      await publish(event)
      await feed.settled()
      expect(plain).to.deep.equal([`updates.store.${event.shop_id}`, `updates.store.${event.shop_id}`])
      expect(feed.feed).to.have.length(2)
      expect(await getFeed(product.nats, event.shop_id, `before=${feed.feed[0]?.seq}`)).to.deep.equal([feed.feed[1]])
      expect((await request(`${event.shop_id}.event.${seq}`)).error?.code).to.equal("system.notFound")

      const jsm = await jetstreamManager(product.nats)
      const stored = await jsm.direct.getMessage(STREAM, { seq })
      expect(stored?.subject).to.equal(workSubject(event.shop_id))
      expect(stored?.json()).to.deep.equal({ session_id: event.session_id, by: "Ann" })
    })

    it("is system.notFound for a basket never seen, and stores nothing", async () => {
      const event = publishEvent()
      await publish(event)
      const { error } = await acknowledge(event.shop_id, randomUUID(), { by: "Ann" })
      expect(error?.code).to.equal("system.notFound")
      const jsm = await jetstreamManager(product.nats)
      expect(await jsm.direct.getMessage(STREAM, { last_by_subj: workSubject(event.shop_id) })).to.equal(null)
    })

    it("is system.invalidParams without a name of 1 to 100 characters", async () => {
      const event = publishEvent()
      await publish(event)
      for (const params of [undefined, {}, { by: "" }, { by: "  " }, { by: 1 }, { by: "x".repeat(101) }]) {
        const { error } = await acknowledge(event.shop_id, event.session_id, params)
        expect(error?.code, JSON.stringify(params)).to.equal("system.invalidParams")
      }
    })

    it("sets aside what others put there and is none, and another shop's partition", async () => {
      const event = publishEvent({ session_id: randomUUID() })
      await publish(event)
      await basketOf(event.shop_id, event.session_id)
      const before = product.service.setAside
      const ack = JSON.stringify({ session_id: event.session_id, by: "Eve" })
      const wrongPartition = (partitionOf(event.shop_id) + 1) % 64
      product.nats.publish(`acks.store.${wrongPartition}.${event.shop_id}`, ack)
      product.nats.publish(workSubject(event.shop_id), "junk")
      product.nats.publish(workSubject("no-shop"), ack)
      await until("all to be set aside", () => product.service.setAside === before + 3)
      expect((await basketOf(event.shop_id, event.session_id)).acknowledged_by).to.equal(null)
    })
  })

  it("are the same after a restart of the service, acknowledgements between events included", async () => {
    const shopId = randomUUID()
    const sessions = [randomUUID(), randomUUID(), randomUUID()]
    for (const [n, session_id] of sessions.entries()) {
      for (const action of ["ADD", "ADD", "acknowledge", "REMOVE", n === 1 ? "CHECKOUT" : "VIEW", "ADD"]) {
        if (action === "acknowledge") await acknowledge(shopId, session_id, { by: `Ann ${n}` })
        else await publish(publishEvent({ shop_id: shopId, session_id, action }))
      }
    }
    const before = await shownOf(shopId)
    await product.restartService()
    expect(await shownOf(shopId)).to.deep.equal(before)
    expect((await basketOf(shopId, sessions[0] ?? "")).acknowledged_by).to.equal("Ann 0")
    expect((await basketOf(shopId, sessions[1] ?? "")).acknowledged_by).to.equal(null)
  })

  it("have a producer's events in its order, on screens that are open, after a restart, and in a fresh get", async () => {
    const [shopId, session_id] = [randomUUID(), randomUUID()]
    const producer = new TestProducer(product.edgeUrl, shopId)
    const send = async (seq: number, action: string, product_id: number): Promise<void> => {
      const event = publishEvent({ shop_id: shopId, session_id, action, product_id, product_price: product_id })
      expect((await producer.send(seq, event)).status).to.equal(200)
    }
    await send(1, "ADD", 1)
    const client = newClient()
    const shown = await client.get<ClientModel<Basket & { total: number }>>(`store.${shopId}.basket.${session_id}`)
    shown.on("change", () => {})
    await send(5, "CHECKOUT", 1)
    await send(4, "REMOVE", 2)
    await send(2, "ADD", 2)
    await product.restartService()
    await send(3, "ADD", 4)
    const totals = { total: 5, status: "checked_out", events: 5, last_action: "CHECKOUT" }
    await until("the open screen to show it", () => shown.props.total === 5)
    expect(await basketOf(shopId, session_id)).to.include(totals)
    expect(await statsOf(shopId)).to.include({ events: 5, baskets_checked_out: 1, value_checked_out: 5 })
    const before = await shownOf(shopId)
    await product.restartService()
    expect(await shownOf(shopId)).to.deep.equal(before)
  })

  it("are made from the snapshot of a busy shop, which is kept though nobody looks", async () => {
    const shopId = randomUUID()
    const jsm = await jetstreamManager(product.nats)
    await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(1000, shopId))
    const kv = await new Kvm(product.nats).open(BUCKET)
    const key = `${partitionOf(shopId)}.${shopId}`
    await until("the snapshot", async () => (await kv.get(key))?.operation === "PUT")
    await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(20, shopId))
    await product.restartService()
    // Without the snapshot, only these 10 could be counted.
    await jsm.streams.purge(STREAM, { filter: storedSubject(shopId), keep: 10 })
    expect(await statsOf(shopId)).to.include({ events: 1010 })

    // One of another version is not used.
    await kv.put(key, JSON.stringify({ version: 999, seq: 1 }))
    await product.restartService()
    expect(await statsOf(shopId)).to.include({ events: 10 })
  })

  it("begin anew when the log is another one, whatever snapshots there are", async () => {
    const shopId = randomUUID()
    const jsm = await jetstreamManager(product.nats)
    await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(1000, shopId))
    const kv = await new Kvm(product.nats).open(BUCKET)
    await until("the snapshot", async () => (await kv.get(`${partitionOf(shopId)}.${shopId}`)) !== null)
    await product.stopService()
    await jsm.streams.delete(STREAM)
    await product.restartService()
    expect(await statsOf(shopId)).to.include({ events: 0 })
  })
})

/** Equal as JSON; the order of members does not count. */
function isEqual(a: unknown, b: unknown): boolean {
  try {
    expect(a).to.deep.equal(b)
    return true
  } catch {
    return false
  }
}
