import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"

describe("Idempotency-Key", () => {
  let product: Product

  before(async () => {
    product = await startProduct()
  })

  after(() => product.stop())

  const publish = (shopId: string, body: unknown, key?: string) =>
    post(`${product.edgeUrl}/publish/${shopId}`, body, key === undefined ? {} : { "idempotency-key": key })

  it("stores two equal POSTs twice without it", async () => {
    const event = publishEvent()
    await publish(event.shop_id, event)
    await publish(event.shop_id, event)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(2)
  })

  it("stores once, and answers as the first time", async () => {
    const event = publishEvent()
    const first = await publish(event.shop_id, event, "key")
    const second = await publish(event.shop_id, event, "key")
    expect(second.status).to.equal(200)
    expect(second.body).to.deep.equal(first.body)
    expect(second.headers.get("x-event-seq")).to.equal(first.headers.get("x-event-seq"))
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
  })

  it("counts a body as the same when only unknown keys, key order or the case of UUIDs differ", async () => {
    const event = publishEvent()
    await publish(event.shop_id, event, "key")
    const { shop_id, ...rest } = event
    const again = await publish(shop_id, { ...rest, more: 1, shop_id: shop_id.toUpperCase() }, "key")
    expect(again.status).to.equal(200)
    expect(await getFeed(product.nats, shop_id)).to.have.length(1)
  })

  it("answers 409 given another body, and sends nothing to plain subscribers", async () => {
    const event = publishEvent()
    await publish(event.shop_id, event, "key")
    const seen = product.nats.subscribe(`updates.store.${event.shop_id}`)
    await product.nats.flush()

    const conflict = await publish(event.shop_id, { ...event, action: "REMOVE" }, "key")
    await publish(event.shop_id, event, "key")

    expect(conflict.status).to.equal(409)
    expect(conflict.body.code).to.equal("store.idempotencyConflict")
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
    await product.nats.flush()
    seen.unsubscribe()
    expect(seen.getReceived()).to.equal(0)
  })

  it("is one key for each shop", async () => {
    const events = [publishEvent(), publishEvent()]
    for (const event of events) expect((await publish(event.shop_id, event, "key")).status).to.equal(200)
    for (const event of events) expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
  })

  it("stores once when the same request comes many times at the same moment", async () => {
    const event = publishEvent()
    const answers = await Promise.all(Array.from({ length: 20 }, () => publish(event.shop_id, event, "key")))
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(20).fill(200))
    expect(new Set(answers.map(({ headers }) => headers.get("x-event-seq"))).size).to.equal(1)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
  })

  it("holds for arrays: once, as the first time, and 409 for more, fewer, or other events", async () => {
    const shopId = randomUUID()
    const events = publishEvents(3, shopId)
    const first = await publish(shopId, events, "key")
    const second = await publish(shopId, events, "key")
    expect(first.status).to.equal(200)
    expect(second.body).to.deep.equal(first.body)
    for (const other of [events.slice(0, 2), publishEvents(4, shopId), events.toReversed(), events[0]]) {
      expect((await publish(shopId, other, "key")).status).to.equal(409)
    }
    expect(await getFeed(product.nats, shopId)).to.have.length(3)
  })

  it("holds for an array that comes many times at the same moment", async () => {
    const shopId = randomUUID()
    const events = publishEvents(10, shopId)
    const answers = await Promise.all(Array.from({ length: 5 }, () => publish(shopId, events, "key")))
    for (const answer of answers) expect(answer.body).to.deep.equal(answers[0]?.body)
    expect(await getFeed(product.nats, shopId)).to.have.length(10)
  })

  it("still holds after the service was restarted", async () => {
    const event = publishEvent()
    const first = await publish(event.shop_id, event, "key")
    await product.restartService()
    const second = await publish(event.shop_id, event, "key")
    expect(second.headers.get("x-event-seq")).to.equal(first.headers.get("x-event-seq"))
    expect((await publish(event.shop_id, { ...event, action: "Z" }, "key")).status).to.equal(409)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
  })
})
