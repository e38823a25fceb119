import { createHash, createHmac, randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { headers } from "nats"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { STREAM } from "../../service/log/stream.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { PATIENCE_MS } from "../helpers/until.ts"

describe("Idempotency-Key", () => {
  const product = useProduct()

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

  it("answers 409 when what was stored under it is erased, or dropped from the log, and never 200 for what is not", async () => {
    const jsm = await jetstreamManager(product.nats)
    const remove = {
      erased: async ({ shopper_id }: PublishEvent, _seq: number) => {
        const url = `${product.edgeUrl}/shoppers/${shopper_id}`
        expect((await fetch(url, { method: "DELETE" })).status).to.equal(200)
      },
      dropped: async (_event: PublishEvent, seq: number) => {
        expect(await jsm.streams.deleteMessage(STREAM, seq)).to.equal(true)
      },
    }
    for (const [how, removeIt] of Object.entries(remove)) {
      const event = publishEvent()
      const first = await publish(event.shop_id, event, how)
      await removeIt(event, Number(first.headers.get("x-event-seq")))
      const other = publishEvent({ shop_id: event.shop_id })
      for (const body of [other, event, publishEvents(3, event.shop_id)]) {
        const { status, body: problem } = await publish(event.shop_id, body, how)
        expect([status, problem.code], how).to.deep.equal([409, "store.idempotencyConflict"])
      }
      expect((await publish(event.shop_id, other, `${how} anew`)).status).to.equal(200)
      const shown = (await getFeed(product.nats, event.shop_id)).map(({ session_id }) => session_id)
      expect(shown.filter((id) => id === other.session_id)).to.have.length(1)
    }
  })

  it("cannot be used up by a program on NATS that knows shop, caller and key", async () => {
    const event = publishEvent()
    const { shop_id } = event
    const parts = [shop_id, "anonymous", "key"]
    const ids = [parts, parts.toReversed(), [parts.join("")], [parts.join(".")]].flatMap((texts) => {
      const text = JSON.stringify(texts)
      const hash = createHash("sha256").update(text).digest("base64url")
      // What an empty secret would give.
      return [hash, createHmac("sha256", "").update(text).digest("base64url")]
    })
    for (const id of ids) {
      const header = headers()
      header.set("Nats-Msg-Id", id)
      await product.nats.request(`updates.store.${shop_id}`, JSON.stringify({ ...event, action: "Z" }), {
        timeout: PATIENCE_MS,
        headers: header,
      })
    }
    expect((await publish(shop_id, event, "key")).status).to.equal(200)
    const shown = await getFeed(product.nats, shop_id)
    expect(shown.map(({ action }) => action)).to.include(event.action)
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
