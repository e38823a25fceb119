import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { Decimal128, type Document, UUID } from "mongodb"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { DEAD_LETTERS } from "../../service/archive/dead-letters.ts"
import { INCOMING } from "../../service/archive/incoming/incoming-document.ts"
import { IncomingLog } from "../../service/archive/incoming/incoming-log.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { archivedEvents, caughtUp, loggedEvents, publishMany } from "../helpers/archive.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { FeedWatcher, getFeed } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { useArchive } from "../helpers/use-archive.ts"

describe("events that other programs insert into MongoDB", () => {
  const { mongo, db, proxy, product, archivers, logger, replaceProduct } = useArchive({ timeoutMs: 2000 })

  const insert = (documents: readonly Document[]) => db.collection(INCOMING).insertMany([...documents])
  const states = async (): Promise<unknown[]> => {
    const documents = await db.collection(INCOMING).find().sort({ _id: 1 }).toArray()
    return documents.map(({ shopwire }) => shopwire?.state)
  }
  const taken = (count: number) =>
    until("all that was inserted to be taken in", async () => {
      const done = (await states()).filter((state) => state === "stored" || state === "refused")
      return done.length === count
    })
  const loggedNames = async (): Promise<string[]> =>
    (await loggedEvents(product.nats)).map((event) => event.product_name)
  const named = (count: number, shopId: string): PublishEvent[] =>
    publishEvents(count, shopId).map((event, i) => ({ ...event, product_name: `product ${i}` }))

  it("are published in their order, shown, archived, and noted as stored", async () => {
    await archivers.start()
    const shopId = randomUUID()
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    const heard: PublishEvent[] = []
    product.nats.subscribe(`updates.store.${shopId}`, { callback: (_, msg) => void heard.push(msg.json()) })
    const events = named(5, shopId)
    await insert(events.map((event) => ({ ...event, till: 7, receipt: { lines: [1, 2] } })))
    await taken(5)
    expect(heard).to.deep.equal(events)
    await until("the feed to show them", () => watcher.feed.length === 5)
    expect(watcher.feed.map((event) => event.product_name)).to.deep.equal(events.map((e) => e.product_name).reverse())
    await caughtUp(product.nats)
    expect(await archivedEvents(db)).to.have.length(5)
    const [first] = await db.collection(INCOMING).find().sort({ _id: 1 }).toArray()
    expect(first?.shopwire).to.include({ state: "stored", seq: watcher.feed.at(-1)?.seq })
  })

  it("do not echo: what the archiver writes is published no second time", async () => {
    await archivers.start()
    const shopId = randomUUID()
    await insert(named(3, shopId))
    await publishMany(product.nats, 20, shopId)
    await taken(3)
    await caughtUp(product.nats)
    await insert(named(1, shopId))
    await taken(4)
    expect(await getFeed(product.nats, shopId)).to.have.length(24)
  })

  it("have BSON's dates, decimals and UUIDs taken as JSON has them", async () => {
    await archivers.start()
    const event = publishEvent()
    const { shop_id, session_id, shopper_id } = event
    const create_time = new Date("2026-01-02T03:04:05.000Z")
    const ids = { shop_id, session_id: new UUID(session_id), shopper_id: new UUID(shopper_id) }
    await insert([{ ...event, ...ids, create_time, product_price: Decimal128.fromString("3.50") }])
    await taken(1)
    expect(await states()).to.deep.equal(["stored"])
    const [shown] = await getFeed(product.nats, shop_id)
    expect(shown).to.deep.include({ ...event, create_time: "2026-01-02T03:04:05.000Z", product_price: 3.5 })
  })

  it("that are not valid go to the dead letters with the reason, and hold up no other", async () => {
    await archivers.start()
    const event = publishEvent()
    await insert([{ ...event, product_id: true }, { till: 1 }, event, { ...event, product_name: "x".repeat(9000) }])
    await taken(4)
    expect(await states()).to.deep.equal(["refused", "refused", "stored", "refused"])
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    const letter = await jsm.direct.getMessage(DEAD_LETTERS, {
      last_by_subj: `archive.dead.${event.shop_id}.incoming.*`,
    })
    expect(letter?.header.get("Shopwire-Reason")).to.equal("larger than 8192 bytes")
    const unknown = await jsm.direct.getMessage(DEAD_LETTERS, { last_by_subj: "archive.dead.unknown.incoming.*" })
    expect(unknown?.json()).to.deep.equal({ till: 1 })
    expect(logger.lines.join("\n")).not.to.include(event.shopper_id)
  })

  it("inserted while no archiver runs are published when one does", async () => {
    const shopId = randomUUID()
    await insert(named(3, shopId))
    await archivers.start()
    await taken(3)
    expect(await loggedNames()).to.deep.equal(["product 0", "product 1", "product 2"])
  })

  it("are stored once by several archivers that are stopped, and cut off from MongoDB, again and again", async () => {
    const shopId = randomUUID()
    const count = 150
    await archivers.start()
    await archivers.start()
    const stored = async (): Promise<number> => (await states()).filter((state) => state === "stored").length
    for (let i = 0; i < count; i += 50) {
      const before = await stored()
      await insert(named(count, shopId).slice(i, i + 50))
      await until("an archiver to be at work", async () => (await stored()) > before)
      proxy.refuse()
      await archivers.stop()
      proxy.heal()
      await archivers.start()
      await archivers.start()
      // Other events of the shop come in between, so that conditions fail.
      await publishMany(product.nats, 10, shopId)
    }
    await taken(count)
    const names = (await loggedNames()).filter((name) => name.startsWith("product "))
    expect(names.sort()).to.deep.equal(
      named(count, shopId)
        .map((event) => event.product_name)
        .sort(),
    )
  })

  it("are found by who goes on after one that was killed between storing and noting", async () => {
    const event = publishEvent()
    const log = new IncomingLog(new JetStream(product.nats))
    const { lastSeq } = await log.state()
    const open = () => log.openShop(event.shop_id, lastSeq, ["k", "other"])
    await publishMany(product.nats, 3, event.shop_id)
    const seq = await (await open()).storeOnce("k", event, lastSeq)
    await publishMany(product.nats, 3, event.shop_id)
    expect(await (await open()).storeOnce("k", event, lastSeq)).to.equal(seq)
    const both = await Promise.all([await open(), await open()].map((shop) => shop.storeOnce("other", event, lastSeq)))
    expect(new Set(both).size).to.equal(1)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(8)
  })

  it("whose fate the log has forgotten are not published again", async () => {
    const event = publishEvent()
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    const { log } = await new IncomingLog(new JetStream(product.nats)).state()
    await insert([{ ...event, shopwire: { state: "publishing", log: log.key, after: 0 } }])
    await publishMany(product.nats, 3)
    await jsm.streams.purge("UPDATES", { seq: 3 })
    await archivers.start()
    await taken(1)
    expect(await states()).to.deep.equal(["refused"])
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(0)
  })

  it("are erased with their person", async () => {
    await archivers.start()
    const [event, other] = [publishEvent({ shopper_id: randomUUID() }), publishEvent({ shopper_id: randomUUID() })]
    await insert([{ ...event, shopper_id: event.shopper_id.toUpperCase() }, event, other])
    await taken(3)
    await caughtUp(product.nats)
    await replaceProduct({ archive: { url: mongo.url, timeoutMs: 5000 } })
    const response = await fetch(`${product.edgeUrl}/shoppers/${event.shopper_id}`, { method: "DELETE" })
    expect(response.status).to.equal(200)
    expect(await response.json()).to.nested.include({ "archive.incoming_events": 2 })
    expect(await db.collection(INCOMING).countDocuments()).to.equal(1)
  })
})
