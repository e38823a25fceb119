import { randomUUID } from "node:crypto"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { Collection } from "mongodb"
import type { Change } from "../../contract/annotations.ts"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { type BasketDocument, basketId } from "../../service/archive/basket-document.ts"
import { DEAD_LETTERS } from "../../service/archive/dead-letters.ts"
import { consumerName } from "../../service/archive/intake.ts"
import { logId } from "../../service/log/log-id.ts"
import { STREAM } from "../../service/log/stream.ts"
import { caughtUp, publishAll } from "../helpers/archive.ts"
import { publishEvent } from "../helpers/events.ts"
import { TestProducer } from "../helpers/producers.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { useArchive } from "../helpers/use-archive.ts"

describe("the transaction log", () => {
  const { db, proxy, product, archivers } = useArchive()
  let baskets: Collection<BasketDocument>
  let shop_id: string
  let session_id: string

  /** An event of the basket in hand, unless told otherwise. */
  const event = (action: string, product_id = 1, fields: Partial<PublishEvent> = {}): PublishEvent => {
    return publishEvent({ shop_id, session_id, action, product_id, product_price: product_id, ...fields })
  }
  const publish = async (...events: readonly PublishEvent[]): Promise<void> => {
    for (const each of events) await publishAll(jetstream(product.nats), [each])
  }
  const archived = async () => {
    await caughtUp(product.nats)
    return await baskets.findOne({ _id: basketId({ shop_id, session_id }) })
  }
  const shown = async (document: Pick<BasketDocument, "shop_id" | "session_id">) => {
    const subject = `get.store.${document.shop_id}.basket.${document.session_id}`
    return (await resRequest(product.nats, subject)).result?.model
  }
  /** That a document says the same as the service, which has it from the log. */
  const expectAsShown = async (document: BasketDocument): Promise<void> => {
    const { lines, ...model } = await shown(document)
    for (const name of ["acknowledged_by", "acknowledged_at", "done_by", "done_at"]) delete model[name]
    const { first_at, last_at, checked_out_at } = document
    const times = { first_at: first_at.toISOString(), last_at: last_at.toISOString() }
    const own = { ...document, ...times, checked_out_at: checked_out_at?.toISOString() ?? null }
    expect(own).to.deep.include({ ...model, lines: lines.data })
  }

  beforeEach(() => {
    baskets = db.collection("baskets")
    shop_id = randomUUID()
    session_id = randomUUID()
  })

  it("has a document for each basket, with lines, totals, times and status", async () => {
    await archivers.start()
    await publish(event("ADD", 1), event("ADD", 2), event("ADD", 2, { basket_total: 5 }), event("LOOK", 7))
    const document = await archived()
    expect(document).to.deep.include({ shop_id, session_id, status: "open", item_count: 3, total: 5, events: 4 })
    expect(document?.lines.map((line) => [line.product_id, line.quantity, line.line_total])).to.deep.equal([
      [1, 1, 1],
      [2, 2, 4],
    ])
    if (document === null) throw new Error("no document")
    await expectAsShown(document)
  })

  it("adds up in the precision of the prices, and takes a coupon for no drift", async () => {
    await archivers.start()
    const price = { product_price: 1.255 }
    await publish(event("ADD", 1, price), event("ADD", 2, price), event("ADD", 3, { ...price, basket_total: 3.765 }))
    expect(await archived()).to.include({ total: 3.765, basket_total: 3.765, drift: false })
    await publish(event("CHECKOUT", 1, { basket_total: 3 }))
    const document = await archived()
    expect(document).to.include({ total: 3.765, basket_total: 3, drift: false })
    expect(document?.checkouts[0]).to.include({ total: 3.765, basket_total: 3 })
  })

  it("keeps what was bought, when the session goes on", async () => {
    await archivers.start()
    await publish(event("ADD", 5), event("CHECKOUT"), event("CHECKOUT"), event("ADD", 9))
    const document = await archived()
    expect(document).to.deep.include({ status: "open", total: 9, events: 1 })
    expect(document?.checkouts.map(({ seq, total, item_count }) => [seq, total, item_count])).to.deep.equal([[2, 5, 1]])
  })

  it("a basket of the same session in another shop is another one", async () => {
    await archivers.start()
    const elsewhere = randomUUID()
    await publish(event("ADD", 1), event("ADD", 2, { shop_id: elsewhere }))
    expect((await archived())?.total).to.equal(1)
    expect((await baskets.findOne({ _id: basketId({ shop_id: elsewhere, session_id }) }))?.total).to.equal(2)
  })

  it("doubles nothing when all is delivered again", async () => {
    await archivers.start()
    await publish(event("ADD", 1), event("ADD", 1), event("REMOVE", 1), event("ADD", 3), event("CHECKOUT"))
    const { version: before, ...first } = (await archived()) ?? {}
    await archivers.stop()
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    await jsm.consumers.delete(STREAM, consumerName(logId((await jsm.streams.info(STREAM)).created)))
    await archivers.start()
    const { version: after, ...second } = (await archived()) ?? {}
    expect(second).to.deep.equal(first)
    expect(after).to.be.greaterThan(before ?? 0)
  })

  it("several archivers and cut connections: each document is what the log makes of its basket", async () => {
    await Promise.all([archivers.start(), archivers.start(), archivers.start()])
    const sessions = Array.from({ length: 12 }, () => randomUUID())
    const actions = ["ADD", "ADD", "ADD", "REMOVE", "CHECKOUT", "LOOK"]
    const js = jetstream(product.nats)
    for (let round = 0; round < 10; round++) {
      // All of a round at once, so that archivers share each basket's.
      const events = Array.from({ length: 120 }, (_, i) => {
        const [action = ""] = actions.slice((i * 7 + round) % actions.length)
        const [session = ""] = sessions.slice((i * 5 + round) % sessions.length)
        return event(action, 1 + ((i * 3 + round) % 4), { session_id: session })
      })
      await publishAll(js, events)
      if (round % 3 === 1) proxy.cut()
    }
    await caughtUp(product.nats)
    const documents = await baskets.find().toArray()
    expect(documents.map((document) => document.session_id)).to.have.members(sessions)
    for (const document of documents) await expectAsShown(document)
  })

  it("has the requests of producers in their order, whatever order they arrive in, by several archivers", async () => {
    await Promise.all([archivers.start(), archivers.start()])
    const sessions = Array.from({ length: 3 }, () => randomUUID())
    const actions = ["ADD", "ADD", "REMOVE", "CHECKOUT", "LOOK", "ADD"]
    const producers = [1, 2].map(() => new TestProducer(product.edgeUrl, shop_id))
    for (const first of [1, 21, 41]) {
      await Promise.all(
        producers.map(async (producer, p) => {
          // Backwards in steps of 7, so that gaps come and go.
          for (let i = 0; i < 20; i++) {
            const seq = first + (((19 - i) * 7) % 20)
            const events = Array.from({ length: 1 + (seq % 3) }, (_, n) => {
              const session = sessions[(seq + n + p) % 3] ?? ""
              return event(actions[(seq + n) % 6] ?? "", 1 + ((seq * 3 + n) % 4), { session_id: session })
            })
            expect((await producer.send(seq, events)).status).to.equal(200)
          }
        }),
      )
      await caughtUp(product.nats)
      const documents = await baskets.find().toArray()
      expect(documents.map((document) => document.session_id)).to.have.members(sessions)
      for (const document of documents) await expectAsShown(document)
    }
    const stored = await db.collection("events").findOne({ late: true })
    expect(JSON.stringify(stored)).to.not.include(producers[0]?.id)
  })

  it("a document that was deleted is written again by the basket's next event", async () => {
    await archivers.start()
    await publish(event("ADD", 1), event("ADD", 2))
    await archived()
    await baskets.deleteMany({})
    await publish(event("ADD", 4))
    expect((await archived())?.total).to.equal(7)
  })

  it("a basket that MongoDB refuses for good goes to the dead letters, its events are archived", async () => {
    await baskets.createIndex({ last_action: 1 }, { unique: true, name: "operators_own" })
    await archivers.start()
    await publish(event("ADD", 1))
    await caughtUp(product.nats)
    const other = randomUUID()
    await publish(event("ADD", 1, { session_id: other }))
    await caughtUp(product.nats)
    expect(await db.collection("events").countDocuments()).to.equal(2)
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    const letter = await jsm.direct.getMessage(DEAD_LETTERS, {
      last_by_subj: `archive.dead.${shop_id}.basket.${other}`,
    })
    expect(letter?.json()).to.deep.equal({ shop_id, session_id: other })
    expect(letter?.header.get("Shopwire-Reason")).to.equal("duplicate key (11000) in the index operators_own")
  })

  it("annotations of others are shown live, and stay when the basket goes on; our own updates are not told", async () => {
    const changes: Change[] = []
    const told: unknown[] = []
    product.nats.subscribe(`changes.store.${shop_id}`, { callback: (_, msg) => void changes.push(msg.json()) })
    product.nats.subscribe(`event.store.${shop_id}.basket.${session_id}.change`, {
      callback: (_, msg) => void told.push(msg.json<{ values: { annotations?: unknown } }>().values.annotations),
    })
    await archivers.start()
    await publish(event("ADD", 1))
    await archived()
    const annotations = { refund: { amount: 1 } }
    await baskets.updateOne({ shop_id, session_id }, { $set: { annotations } })
    await until("it to be shown", async () => (await shown({ shop_id, session_id })).annotations !== undefined)
    expect((await shown({ shop_id, session_id })).annotations).to.deep.equal({ data: annotations })
    await until("it to be told", () =>
      told.some((each) => JSON.stringify(each) === JSON.stringify({ data: annotations })),
    )

    await publish(event("ADD", 2))
    expect(await archived()).to.deep.include({ total: 3, annotations })
    await baskets.updateOne({ shop_id, session_id }, { $unset: { annotations: "" } })
    await until("it not to be shown", async () => (await shown({ shop_id, session_id })).annotations === undefined)
    const change = { kind: "basket", shop_id, session_id }
    await until("the last change", () => changes.length >= 2)
    expect(changes).to.deep.equal([
      { ...change, annotations },
      { ...change, annotations: null },
    ])
  })
})
