import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { type Document, Double, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from "mongodb"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { DEAD_LETTERS } from "../../service/archive/dead-letters.ts"
import { INCOMING } from "../../service/archive/incoming/incoming-document.ts"
import { IncomingLog } from "../../service/archive/incoming/incoming-log.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { loggedEvents, publishMany } from "../helpers/archive.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { until } from "../helpers/until.ts"
import { useArchive } from "../helpers/use-archive.ts"

describe("odd documents that other programs insert into MongoDB", () => {
  const { mongo, db, product, archivers, logger, replaceProduct } = useArchive()

  const insert = (documents: readonly Document[]) => db.collection(INCOMING).insertMany([...documents])
  const documents = () => db.collection(INCOMING).find().sort({ _id: 1 }).toArray()
  const states = async (): Promise<unknown[]> => (await documents()).map(({ shopwire }) => shopwire?.state)
  const done = (count: number) =>
    until("all that was inserted to be taken in", async () => {
      return (await states()).filter((state) => state === "stored" || state === "refused").length === count
    })
  const named = (count: number, shopId: string): PublishEvent[] =>
    publishEvents(count, shopId).map((event, i) => ({ ...event, product_name: `product ${i}` }))
  const namesIn = async (shopId: string): Promise<string[]> =>
    (await loggedEvents(product.nats)).filter((event) => event.shop_id === shopId).map((event) => event.product_name)
  const letters = async (shopId: string): Promise<number> => {
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    const { state } = await jsm.streams.info(DEAD_LETTERS, { subjects_filter: `archive.dead.${shopId}.incoming.*` })
    return Object.keys(state.subjects ?? {}).length
  }

  it("are told apart by 64-bit _ids that JavaScript's numbers cannot tell apart", async () => {
    await archivers.start()
    const shopId = randomUUID()
    const ids = ["1234567890123456789", "1234567890123456790", "1234567890123456791"].map((id) => Long.fromString(id))
    await insert(named(3, shopId).map((event, i) => ({ ...event, _id: ids[i] as never })))
    await done(3)
    expect(await namesIn(shopId)).to.deep.equal(["product 0", "product 1", "product 2"])
  })

  it("with an _id of any kind are each published once", async () => {
    await archivers.start()
    const shopId = randomUUID()
    const ids = [
      null,
      0,
      -1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      "",
      "a.b *>",
      "x".repeat(1000),
      "\u{1f600}",
      true,
      new Date(0),
      new UUID(),
      new ObjectId(),
      new Double(2),
      Timestamp.fromBits(1, 2),
      new MinKey(),
      new MaxKey(),
      { order: Long.fromString("9007199254740993"), till: { no: 1 } },
      { order: Long.fromString("9007199254740992"), till: { no: 1 } },
      {},
    ]
    await insert(named(ids.length, shopId).map((event, i) => ({ ...event, _id: ids[i] as never })))
    await done(ids.length)
    expect((await namesIn(shopId)).sort()).to.deep.equal(
      named(ids.length, shopId)
        .map((event) => event.product_name)
        .sort(),
    )
  })

  it("that are larger than a NATS message are refused, and hold up no other", async () => {
    await archivers.start()
    const event = publishEvent()
    await insert([
      { ...event, product_id: true, scan: "x".repeat(2 * 1024 * 1024) },
      { ...event, scan: "x".repeat(2 * 1024 * 1024) },
      event,
    ])
    await done(3)
    expect(await states()).to.deep.equal(["refused", "stored", "stored"])
    expect(await letters(event.shop_id)).to.equal(1)
  })

  it("that somebody else has put notes into are each published once, and hold up no other", async () => {
    const shopId = randomUUID()
    const log = new IncomingLog(new JetStream(product.nats))
    const { log: id, lastSeq } = await log.state()
    const known = { ...publishEvent({ shop_id: shopId }), product_name: "stored before" }
    const _id = new ObjectId()
    await insert([{ ...known, _id, shopwire: { state: "publishing", log: id.key, after: lastSeq } }])
    const archiver = await archivers.start()
    await done(1)
    await archiver.stop()
    // As if it had been killed before it noted that.
    await db
      .collection(INCOMING)
      .updateOne({ _id }, { $set: { shopwire: { state: "publishing", log: id.key, after: lastSeq } } })

    const afters = [-5, 1.5, "7", null, Number.NaN, 1e300, { a: 1 }, Long.MAX_VALUE]
    const notes = [
      ...afters.map((after) => ({ state: "publishing", log: id.key, after })),
      { state: "publishing", log: id.key },
      { state: "publishing" },
      { state: null },
      "text",
      7,
      null,
    ]
    await insert(named(notes.length, shopId).map((event, i) => ({ ...event, shopwire: notes[i] })))
    await archivers.start()
    await done(notes.length + 1).catch(async (e) => {
      console.log(JSON.stringify((await documents()).map((d) => d.shopwire)), logger.lines.slice(-5))
      throw e
    })
    expect((await namesIn(shopId)).sort()).to.deep.equal(
      ["stored before", ...named(notes.length, shopId).map((event) => event.product_name)].sort(),
    )
  })

  it("that take the _id of one that was published and deleted are events of their own", async () => {
    const shopId = randomUUID()
    const log = new IncomingLog(new JetStream(product.nats))
    const { log: id, lastSeq } = await log.state()
    const [left, yesterday, today] = named(3, shopId)
    const _id = "receipt 1" as never
    let archiver = await archivers.start()
    await insert([{ ...yesterday, _id }])
    await done(1)
    await archiver.stop()
    await db.collection(INCOMING).deleteOne({ _id })
    // Left by an archiver that was killed, so what came since is looked through.
    await insert([{ ...left, shopwire: { state: "publishing", log: id.key, after: lastSeq } }])
    await insert([{ ...today, _id }])
    archiver = await archivers.start()
    await done(2)
    expect((await namesIn(shopId)).sort()).to.deep.equal(["product 0", "product 1", "product 2"])
  })

  it("in which MongoDB refuses notes go to the dead letters, once, and hold up no other", async () => {
    const shopId = randomUUID()
    const collection = db.collection(INCOMING)
    // Refuses the second note, of any document.
    const index = await collection.createIndex({ "shopwire.log": 1 }, { unique: true, sparse: true })
    const [first, second, third] = named(3, shopId)
    await insert([{ ...first }, { ...second }])
    await archivers.start()
    await done(1)
    await until("the dead letter", async () => (await letters(shopId)) === 1)
    await collection.dropIndex(index)
    await insert([{ ...third }])
    await done(2)
    expect(await namesIn(shopId)).to.deep.equal(["product 0", "product 2"])
    expect(await states()).to.deep.equal(["stored", undefined, "stored"])
    expect(logger.messages("error")).to.have.length(1)
    // Left alone until an archiver starts.
    await archivers.start()
    await done(3)
    expect(await namesIn(shopId)).to.deep.equal(["product 0", "product 2", "product 1"])
  })

  it("are erased with their person, however the ID is written, and their dead letters too", async () => {
    await replaceProduct({ archive: { url: mongo.url, timeoutMs: 5000 } })
    await archivers.start()
    const shopper_id = randomUUID()
    const spellings = [
      shopper_id,
      shopper_id.toUpperCase(),
      shopper_id.replaceAll("-", ""),
      `${shopper_id.slice(0, 18)}${shopper_id.slice(18).toUpperCase()}`,
      new UUID(shopper_id),
    ]
    const shop_id = randomUUID()
    const good = publishEvent({ shop_id })
    await insert([
      ...spellings.map((each) => ({ ...good, shopper_id: each, product_id: true })),
      ...spellings.map((each) => ({ ...good, shopper_id: each })),
      { ...good, shopper_id: randomUUID(), product_id: true },
    ])
    await done(2 * spellings.length + 1)
    expect(await letters(shop_id)).to.equal(spellings.length + 1)
    const response = await fetch(`${product.edgeUrl}/shoppers/${shopper_id}`, { method: "DELETE" })
    expect(await response.json()).to.nested.include({
      "archive.incoming_events": 2 * spellings.length,
      dead_letters: spellings.length,
    })
    expect(await db.collection(INCOMING).countDocuments()).to.equal(1)
    expect(await letters(shop_id)).to.equal(1)
    expect(await namesIn(shop_id)).to.deep.equal([])
  })

  it("are published in order, more than fit into one batch, among others that are refused", async () => {
    const shopId = randomUUID()
    const events = named(1000, shopId)
    await insert(events.map((event, i) => (i % 3 === 0 ? { ...event, UPC: 7 } : event)))
    await archivers.start()
    await publishMany(product.nats, 50, shopId)
    await done(events.length)
    const wanted = events.filter((_, i) => i % 3 !== 0).map((event) => event.product_name)
    expect((await namesIn(shopId)).filter((name) => name.startsWith("product "))).to.deep.equal(wanted)
  })
})
