import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { Document } from "mongodb"
import type { Change } from "../../contract/annotations.ts"
import { deleteOld } from "../../service/archive/ageing.ts"
import { ANNOTATION_STREAM } from "../../service/archive/annotation-bucket.ts"
import type { ArchiverOptions } from "../../service/archive/archiver.ts"
import { DEAD_LETTERS } from "../../service/archive/dead-letters.ts"
import { caughtUp, mongoVia, publishAll, publishMany } from "../helpers/archive.ts"
import { publishEvent } from "../helpers/events.ts"
import { type RefusingMongo, startRefusingMongo } from "../helpers/mongo/refusing-mongo.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { useArchive } from "../helpers/use-archive.ts"

describe("annotations made in MongoDB by others", () => {
  const { mongo, db, proxy, product, archivers, logger } = useArchive()
  /** Of an event that is archived. */
  let shopId: string
  let seq: number
  /** What plain subscribers of NATS saw, of that shop. */
  let changes: Change[]
  /** What gateways saw of that event. */
  let shown: unknown[]

  const annotate = async (annotations: unknown): Promise<void> => {
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $set: { annotations } })
  }
  const rid = (): string => `store.${shopId}.event.${seq}`
  const getEvent = async () => (await resRequest(product.nats, `get.${rid()}`)).result?.model
  const untilShown = async (annotations: unknown): Promise<void> => {
    const text = JSON.stringify(annotations)
    await until(`${text} to be shown`, async () => JSON.stringify((await getEvent())?.annotations?.data) === text)
  }

  /** What comes on a subject from now on. A list of its own, since late messages of one test must not be another's. */
  const heardOn = <T>(subject: string): T[] => {
    const heard: T[] = []
    product.nats.subscribe(subject, { callback: (_, msg) => void heard.push(msg.json()) })
    return heard
  }

  beforeEach(async () => {
    shopId = randomUUID()
    seq = (await publishMany(product.nats, 3, shopId))[1] ?? 0
    changes = heardOn(`changes.store.${shopId}`)
    shown = heardOn(`event.${rid()}.*`)
    await archivers.start()
    await caughtUp(product.nats)
    // What others delete or change before that is not noticed, unless they annotate.
    await until("the archiver to follow changes", () =>
      ["events", "baskets"].every((kind) => logger.messages("debug").includes(`following changes of ${kind}`)),
    )
  })

  it("are published on changes.store.<shop_id>, sent to those who watch the event, and included in its get", async () => {
    const annotations = { refund: { amount: 3.5, by: "Ann" } }
    await annotate(annotations)
    await untilShown(annotations)
    await until("the change", () => changes.length > 0)
    expect(changes).to.deep.equal([{ kind: "event", shop_id: shopId, seq, annotations }])
    await until("the change event", () => shown.length > 0)
    expect(shown).to.deep.equal([{ values: { annotations: { data: annotations } } }])
  })

  it("change, and go, as MongoDB has them", async () => {
    await annotate({ note: "one" })
    await untilShown({ note: "one" })
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $set: { "annotations.more": [1, { two: 2 }] } })
    await untilShown({ note: "one", more: [1, { two: 2 }] })
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $unset: { annotations: "" } })
    await untilShown(undefined)
    await until("the last change", () => changes.length === 3)
    expect(changes.at(-1)).to.deep.equal({ kind: "event", shop_id: shopId, seq, annotations: null })
    await until("the last change event", () => shown.length === 3)
    expect(shown.at(-1)).to.deep.equal({ values: { annotations: { action: "delete" } } })
    expect(await getEvent()).not.to.have.property("annotations")
  })

  it("have BSON's types as JSON has them", async () => {
    await annotate({ at: new Date(0), name: "Ä" })
    await untilShown({ at: "1970-01-01T00:00:00.000Z", name: "Ä" })
  })

  it("what the archiver itself writes is not an annotation", async () => {
    await publishMany(product.nats, 200, shopId)
    await caughtUp(product.nats)
    // Shown only after what was written before it would have been.
    await annotate({ note: "mine" })
    await untilShown({ note: "mine" })
    await until("the change", () => changes.length > 0)
    expect(changes.map(({ annotations }) => annotations)).to.deep.equal([{ note: "mine" }])
  })

  it("tell what others change of an event, as long as it is not what the log has", async () => {
    const { product_price } = await getEvent()
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $set: { product_price: 99, note: "ignored" } })
    await untilShown({ archive: { changed: { product_price: 99 } } })
    await annotate({ by: "Ann" })
    await untilShown({ by: "Ann", archive: { changed: { product_price: 99 } } })
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $set: { product_price } })
    await untilShown({ by: "Ann" })
    await until("the last change", () => changes.length >= 3)
    expect(changes.map((change) => change.annotations)).to.deep.equal([
      { archive: { changed: { product_price: 99 } } },
      { by: "Ann", archive: { changed: { product_price: 99 } } },
      { by: "Ann" },
    ])
    expect((await getEvent()).product_price).to.equal(product_price)
  })

  it("tell that others have deleted an event", async () => {
    await db.collection("events").deleteOne({ shop_id: shopId, seq })
    await untilShown({ archive: { deleted: true } })
    await until("the change", () => changes.length > 0)
    expect(changes.at(-1)).to.deep.equal({
      kind: "event",
      shop_id: shopId,
      seq,
      annotations: { archive: { deleted: true } },
    })
  })

  it("tell nothing of what archivers delete for its age", async () => {
    const ageMs = 1500
    const maxAgeDays = ageMs / 86_400_000
    await archivers.stop()
    await archivers.start({ maxAgeDays })
    await sleep(ageMs)
    await deleteOld(db, maxAgeDays, Date.now())
    expect(await db.collection("events").countDocuments()).to.equal(0)
    const [fresh] = await publishMany(product.nats, 1, shopId)
    await caughtUp(product.nats)
    // Changes come in their order, so those of the deletions would have come before.
    await db.collection("events").updateOne({ seq: fresh }, { $set: { annotations: { last: true } } })
    await until("the last change", () => changes.some(({ annotations }) => annotations?.last === true))
    expect(changes).to.have.length(1)
  })

  it("tell what others change of a basket until the next event computes it again, and that they delete it", async () => {
    const { session_id } = await getEvent()
    const basket = `store.${shopId}.basket.${session_id}`
    const shownOf = async () => (await resRequest(product.nats, `get.${basket}`)).result?.model.annotations?.data
    await db.collection("baskets").updateOne({ session_id }, { $set: { total: 1234 } })
    await until("the change", async () => isDeepStrictEqual(await shownOf(), { archive: { changed: { total: 1234 } } }))
    const event = publishEvent({ shop_id: shopId, session_id })
    await publishAll(jetstream(product.nats), [event])
    await until("the change to be gone", async () => (await shownOf()) === undefined)
    await db.collection("baskets").deleteOne({ session_id })
    await until("the deletion", async () => isDeepStrictEqual(await shownOf(), { archive: { deleted: true } }))
  })

  for (const [name, change] of [
    ["of another kind", { lines: "none", first_at: "yesterday", checkouts: 7, log: null, version: null }],
    ["that its next event would go on with", { lines: [], events: 1000 }],
  ] as const) {
    it(`a basket's fields with values ${name} are told, and its next event computes it again`, async () => {
      const { session_id } = await getEvent()
      const before = await db.collection("baskets").findOne({ session_id })
      await db.collection("baskets").updateOne({ session_id }, { $set: change })
      await until("the change", () =>
        changes.some(({ annotations }) => JSON.stringify(annotations?.archive ?? null).includes('"changed"')),
      )
      await publishAll(jetstream(product.nats), [publishEvent({ shop_id: shopId, session_id })])
      await caughtUp(product.nats)
      const after = await db.collection("baskets").findOne({ session_id })
      expect(after?.events).to.equal(before?.events + 1)
      expect(after?.first_at).to.deep.equal(before?.first_at)
      expect(after?.lines).to.have.length(before?.lines.length)
      await until("the change to be gone", () => changes.at(-1)?.annotations === null)
    })
  }

  it("a shop that others have changed in a document is told to its own shop, and not to the other one", async () => {
    const other = randomUUID()
    const heard = heardOn<Change>(`changes.store.${other}`)
    const { session_id } = await getEvent()
    await db.collection("baskets").updateOne({ session_id }, { $set: { shop_id: other, session_id: "of nobody" } })
    await db.collection("events").updateOne({ seq }, { $set: { shop_id: other, seq: 7, annotations: { by: "Ann" } } })
    await untilShown({ by: "Ann", archive: { changed: { shop_id: other } } })
    expect(heard).to.deep.equal([])
  })

  it("documents that the archiver has not made hold up nothing", async () => {
    const fields = { shop_id: shopId, session_id: "a b", seq: 5, annotations: { note: "foreign" } }
    for (const name of ["events", "baskets"]) {
      await db
        .collection<{ _id: string }>(name)
        .insertMany(["a b", "a-b/c", "x-5 6", "../"].map((_id) => ({ ...fields, _id })))
      await db.collection(name).updateMany({ session_id: "a b" }, { $set: { note: 1 } })
    }
    await annotate({ note: "mine" })
    await untilShown({ note: "mine" })
    await archivers.stop()
    await db.collection("archive_state").deleteMany({})
    await annotate({ note: "compared" })
    await archivers.start()
    await untilShown({ note: "compared" })
  })

  it("a basket's document that others have replaced is computed again by its next event", async () => {
    const { session_id } = await getEvent()
    await db.collection("baskets").replaceOne({ session_id }, { shop_id: shopId, session_id, lines: "none" })
    await publishAll(jetstream(product.nats), [publishEvent({ shop_id: shopId, session_id })])
    await caughtUp(product.nats)
    expect(await db.collection("baskets").findOne({ session_id })).to.include({ events: 4, version: 1 })
  })

  it("made while no archiver runs, are shown when one does", async () => {
    await annotate({ note: "before" })
    await untilShown({ note: "before" })
    await archivers.stop()
    await annotate({ note: "meanwhile" })
    await archivers.start()
    await untilShown({ note: "meanwhile" })
  })

  it("taken back while no archiver runs and its place is lost, are not shown any more", async () => {
    await annotate({ note: "before" })
    await untilShown({ note: "before" })
    await archivers.stop()
    await db.collection("archive_state").deleteMany({})
    await db.collection("events").updateOne({ shop_id: shopId, seq }, { $unset: { annotations: "" } })
    await archivers.start()
    await untilShown(undefined)
  })

  it("are published once, by however many archivers", async () => {
    await archivers.start()
    await archivers.start()
    for (let i = 0; i < 10; i++) {
      await annotate({ i })
      await untilShown({ i })
    }
    await archivers.stop()
    await until("the last change", () => changes.length >= 10)
    expect(changes.map(({ annotations }) => annotations)).to.deep.equal(Array.from({ length: 10 }, (_, i) => ({ i })))
  })

  it("outlive the service, and what NATS has lost is published again", async () => {
    await annotate({ note: "kept" })
    await untilShown({ note: "kept" })
    await product.restartService()
    expect((await getEvent()).annotations).to.deep.equal({ data: { note: "kept" } })

    await archivers.stop()
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    await jsm.streams.delete(ANNOTATION_STREAM)
    await product.restartService()
    expect(await getEvent()).not.to.have.property("annotations")
    await archivers.start()
    await untilShown({ note: "kept" })
  })

  it("are published again by a living archiver when somebody deletes the bucket or the dead letters", async () => {
    await annotate({ note: "kept" })
    await untilShown({ note: "kept" })
    const jsm = await jetstreamManager(product.nats, { checkAPI: false })
    for (const stream of [ANNOTATION_STREAM, DEAD_LETTERS]) await jsm.streams.delete(stream)
    await until("the stream of dead letters", () => jsm.streams.info(DEAD_LETTERS).catch(() => undefined))
    await untilShown({ note: "kept" })
    await annotate({ note: "after" })
    await untilShown({ note: "after" })
  })

  it("nats-server restarted: the next one is shown", async () => {
    await product.restartNats()
    await until("the service to answer again", () => getEvent().catch(() => undefined))
    await annotate({ note: "after" })
    await untilShown({ note: "after" })
  })

  for (const [name, annotations, reason] of [
    ["no object", "free text", "annotations are not an object"],
    ["a list", [1, 2], "annotations are not an object"],
    ["too large", { note: "x".repeat(70_000) }, "annotations have more than 65536 bytes"],
  ] as const) {
    it(`that are ${name} are not shown, and the log says why`, async () => {
      await annotate(annotations)
      await until("the log to say so", () => logger.lines.find((line) => line.includes(reason)))
      expect(logger.lines.join("\n")).not.to.include("free text").and.not.to.include("xxx")
      expect(await getEvent()).not.to.have.property("annotations")
    })
  }

  describe("through a server that refuses", () => {
    let refusing: RefusingMongo
    const startThrough = (options: Partial<ArchiverOptions> = {}) =>
      archivers.start({ url: mongoVia(mongo.url, refusing.port), ...options })
    const ofChanges = (command: Document): Document | undefined => command.pipeline?.[0]?.$changeStream

    const followUntilPlaceIsStored = async (): Promise<void> => {
      await archivers.start()
      await annotate({ note: "before" })
      await untilShown({ note: "before" })
      // Now that it follows, one that it learns of by that.
      await annotate({ note: "followed" })
      await untilShown({ note: "followed" })
      const states = db.collection<{ _id: string }>("archive_state")
      await until("its place to be stored", async () => (await states.findOne({ _id: "changes.events" })) ?? false)
      await archivers.stop()
    }

    beforeEach(async () => {
      refusing = await startRefusingMongo({ host: "127.0.0.1", port: proxy.port })
      await archivers.stop()
    })

    afterEach(async () => {
      await refusing.stop()
    })

    it("change streams, as a MongoDB that is no replica set does: says so once, shows them when it starts", async () => {
      const errmsg = "The $changeStream stage is only supported on replica sets"
      refusing.refuse((command) => {
        return ofChanges(command) && { ok: 0, code: 40573, codeName: "Location40573", errmsg }
      })
      await annotate({ note: "standalone" })
      await startThrough()
      await untilShown({ note: "standalone" })
      await publishMany(product.nats, 10)
      await caughtUp(product.nats)
      const warnings = () => logger.messages("warn").filter((line) => line.includes("no change streams"))
      // It comes after all was compared, which shows the annotation.
      await until("the warning", () => warnings().length > 0)
      expect(warnings()).to.have.lengthOf(1)
    })

    it("to go on where it was, since it does not know that place any more: all is compared", async () => {
      await followUntilPlaceIsStored()
      await annotate({ note: "meanwhile" })
      let refused = 0
      refusing.refuse((command) => {
        if (ofChanges(command)?.resumeAfter === undefined) return undefined
        refused++
        return { ok: 0, code: 286, codeName: "ChangeStreamHistoryLost", errmsg: "the oplog has rolled over" }
      })
      await startThrough()
      await untilShown({ note: "meanwhile" })
      expect(refused).to.be.greaterThan(0)
    })

    it("nothing, while somebody deletes the bucket of annotations as it begins to follow: publishes them again", async () => {
      await followUntilPlaceIsStored()
      let isBeginning = false
      refusing.refuse((command) => {
        if (command.aggregate === "events" && ofChanges(command) !== undefined && !isBeginning) {
          isBeginning = true
          proxy.stallAnswers()
        }
        return undefined
      })
      await startThrough({ timeoutMs: 8000 })
      await until("the archiver to begin", () => isBeginning)
      const jsm = await jetstreamManager(product.nats, { checkAPI: false })
      await jsm.streams.delete(ANNOTATION_STREAM)
      // It checks all its streams in one round, and the next round begins after that: after the second one it knows the new bucket.
      for (const round of ["first", "second"]) {
        await jsm.streams.delete(DEAD_LETTERS)
        await until(`the ${round} round`, () => jsm.streams.info(DEAD_LETTERS).catch(() => undefined))
      }
      proxy.heal()
      await untilShown({ note: "followed" })
    })
  })
})
