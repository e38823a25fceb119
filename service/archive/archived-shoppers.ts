import { setTimeout as sleep } from "node:timers/promises"
import type { Collection, Db } from "mongodb"
import { serviceError } from "../../contract/errors.ts"
import type { Erased } from "../../contract/shopwire.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { type LogId, logId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import type { Annotated } from "./annotation-bucket.ts"
import type { Archive } from "./archive.ts"
import { BasketCollection } from "./basket-collection.ts"
import { type BasketDocument, basketId } from "./basket-document.ts"
import type { EventDocument } from "./event-document.ts"
import { INCOMING, spellingsOf } from "./incoming/incoming-document.ts"
import { consumerName } from "./intake.ts"

/** Time for archivers to finish the events that they are archiving, in ms. */
const CATCH_UP_MS = 3000
const POLL_MS = 50

/** How much was deleted in the archive, and in which shops. */
export type ErasedInArchive = NonNullable<Erased["archive"]> & { readonly shops: readonly string[] }

/** The archived data of shoppers, for erasures. All methods throw `system.serviceUnavailable` while MongoDB is away. */
export class ArchivedShoppers {
  readonly #archive: Archive
  readonly #js: JetStream

  constructor(archive: Archive, js: JetStream) {
    this.#archive = archive
    this.#js = js
  }

  /** The shopper's events and baskets, which may have annotations. */
  async annotated(shopper_id: string): Promise<Annotated[]> {
    return await this.#archive.use(async (db) => {
      const events = await eventsOf(db)
        .find({ shopper_id })
        .project<Pick<EventDocument, "_id" | "shop_id" | "seq">>({ shop_id: 1, seq: 1 })
        .toArray()
      const baskets = await basketsOf(db).find({ shopper_id }).toArray()
      return [
        ...events.map((event) => ({ kind: "event", ...event }) as const),
        ...baskets.map(({ shop_id, session_id }) => ({ kind: "basket", shop_id, session_id }) as const),
      ]
    })
  }

  /** Deletes events and baskets. A basket with events of other shoppers is made again from those. */
  async erase(shopperId: string): Promise<ErasedInArchive> {
    return await this.#archive.use((db) => erase(db, shopperId))
  }

  /**
   * Archivers may still write events that were erased from the log meanwhile. So this erases a second time, after they have passed `upTo`.
   *
   * @throws {ResError} `store.archiveBehind`: they have not passed it in time
   */
  async finish(shopperId: string, upTo: number): Promise<ErasedInArchive> {
    await this.#passed(upTo)
    return await this.erase(shopperId)
  }

  async #passed(seq: number): Promise<void> {
    const log = logId((await this.#js.info(STREAM)).created)
    const end = Date.now() + CATCH_UP_MS
    while (!(await this.#isPast(log, seq))) {
      if (Date.now() > end) throw serviceError("store.archiveBehind")
      await sleep(POLL_MS)
    }
  }

  async #isPast(log: LogId, seq: number): Promise<boolean> {
    const consumer = await this.#js.consumer(STREAM, consumerName(log))
    if (consumer === undefined) return true // nobody has ever archived this log
    return consumer.num_pending + consumer.num_ack_pending === 0 || consumer.ack_floor.stream_seq >= seq
  }
}

async function erase(db: Db, shopper_id: string): Promise<ErasedInArchive> {
  const [events, baskets] = [eventsOf(db), basketsOf(db)]
  const part = events
    .find({ shopper_id })
    .project<Pick<EventDocument, "shop_id" | "session_id">>({ shop_id: 1, session_id: 1 })
  const touched = new Map<string, Pick<EventDocument, "shop_id" | "session_id">>()
  for await (const { shop_id, session_id } of part) {
    touched.set(basketId({ shop_id, session_id }), { shop_id, session_id })
  }
  const own = await baskets.find({ shopper_id }).toArray()
  for (const { _id, shop_id, session_id } of own) touched.set(_id, { shop_id, session_id })

  const { deletedCount } = await events.deleteMany({ shopper_id })
  // By the ID as another program has inserted it, and by the ID that the archiver has noted.
  const isTheirs = { $or: [{ shopper_id: { $in: spellingsOf(shopper_id) } }, { "shopwire.shopper_id": shopper_id }] }
  const incoming = await db.collection(INCOMING).deleteMany(isTheirs)
  let deletedBaskets = 0
  for (const [_id, { shop_id, session_id }] of touched) {
    deletedBaskets += (await baskets.deleteOne({ _id })).deletedCount
    // Other shoppers took part, so the basket is made again from their events.
    const left = await events.findOne({ shop_id, session_id })
    if (left !== null) await new BasketCollection(db).take([left])
  }
  const shops = new Set([...touched.values()].map(({ shop_id }) => shop_id))
  return {
    events: deletedCount,
    baskets: deletedBaskets,
    incoming_events: incoming.deletedCount,
    shops: [...shops],
  }
}

function eventsOf(db: Db): Collection<EventDocument> {
  return db.collection("events")
}

function basketsOf(db: Db): Collection<BasketDocument> {
  return db.collection("baskets")
}
