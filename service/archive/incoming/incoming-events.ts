import type { Collection, Db } from "mongodb"
import type { Logger } from "res-service"
import { SummedLog } from "../../summed-log.ts"
import { BackOff } from "../back-off.ts"
import type { DeadLetters } from "../dead-letters.ts"
import type { LogId } from "../log-id.ts"
import {
  INCOMING,
  type IncomingDocument,
  incomingJson,
  incomingKey,
  type Progress,
  readIncoming,
  shopNamedBy,
} from "./incoming-document.ts"
import type { IncomingLog, IncomingShop, LogState } from "./incoming-log.ts"
import { Inserts } from "./inserts.ts"

/** Documents taken in hand at once. */
const BATCH = 200

/** Matches documents that are new, or that an archiver has begun with. */
const IS_LEFT = { "shopwire.state": { $in: [null, "publishing"] } }

export interface IncomingOptions {
  readonly db: Db
  readonly log: IncomingLog
  readonly deadLetters: DeadLetters
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Publishes the events that other programs insert into `incoming_events`: each once, a shop's in the order of their `_id`s.
 *
 * What is done with a document is noted in it before and after, so that any archiver can go on where another one was killed.
 * Before an event is published, its document says behind which sequence of the log it would be: `IncomingShop` looks there.
 */
export class IncomingEvents {
  readonly #collection: Collection<IncomingDocument>
  readonly #log: IncomingLog
  readonly #deadLetters: DeadLetters
  readonly #refused: SummedLog
  readonly #signal: AbortSignal
  readonly #backOff: BackOff
  readonly counts = { stored: 0, refused: 0 }

  constructor({ db, log, deadLetters, logger, signal }: IncomingOptions) {
    this.#collection = db.collection(INCOMING)
    this.#log = log
    this.#deadLetters = deadLetters
    this.#refused = new SummedLog(logger, "warn", "events in MongoDB are not published; they are with the dead letters")
    this.#signal = signal
    this.#backOff = new BackOff(logger, signal)
  }

  /** Rejects with the signal's reason. */
  async run(): Promise<void> {
    const inserts = new Inserts(this.#collection, this.#signal)
    try {
      for (;;) {
        await this.#backOff.persist("take in events from MongoDB", () => this.#takeAll())
        await inserts.next()
      }
    } finally {
      inserts.close()
      this.#refused.stop()
    }
  }

  async #takeAll(): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted()
      const documents = await this.#collection.find(IS_LEFT).sort({ _id: 1 }).limit(BATCH).toArray()
      if (documents.length === 0) return
      await this.#take(documents)
    }
  }

  async #take(documents: readonly IncomingDocument[]): Promise<void> {
    const state = await this.#log.state()
    const claimed = await this.#claim(documents, state)
    const shops = [...new Set(claimed.map(shopNamedBy))]
    const ofShop = (shopId: string) => claimed.filter((document) => shopNamedBy(document) === shopId)
    const outcomes = await Promise.all(shops.map((shopId) => this.#takeInOrder(shopId, ofShop(shopId), state)))
    await this.#note(outcomes.flat())
  }

  /** Notes behind which sequence each event would be; what another archiver has noted before stays. */
  async #claim(documents: readonly IncomingDocument[], { log, lastSeq }: LogState): Promise<IncomingDocument[]> {
    const shopwire: Progress = { state: "publishing", log: log.key, after: lastSeq }
    // Of another log: what was stored there went with it.
    const isUnclaimed = { ...IS_LEFT, "shopwire.log": { $ne: log.key } }
    const ids = documents.map(({ _id }) => _id)
    await this.#collection.updateMany({ _id: { $in: ids }, ...isUnclaimed }, { $set: { shopwire } })
    return await this.#collection
      .find({ _id: { $in: ids }, "shopwire.state": "publishing" })
      .sort({ _id: 1 })
      .toArray()
  }

  async #takeInOrder(
    shopId: string,
    documents: readonly IncomingDocument[],
    state: LogState,
  ): Promise<[IncomingDocument, Progress][]> {
    const afters = documents.map(({ shopwire }) => (shopwire?.state === "publishing" ? shopwire.after : state.lastSeq))
    const shop = await this.#log.openShop(shopId, Math.min(...afters))
    const outcomes: [IncomingDocument, Progress][] = []
    for (const [i, document] of documents.entries()) {
      const isForgotten = (afters[i] ?? 0) + 1 < state.firstSeq
      outcomes.push([document, await this.#takeOne(document, shop, isForgotten, state.log)])
    }
    return outcomes
  }

  async #takeOne(document: IncomingDocument, shop: IncomingShop, isForgotten: boolean, log: LogId): Promise<Progress> {
    const event = readIncoming(document)
    if ("reason" in event) return await this.#refuse(document, event.reason)
    const key = incomingKey(document)
    if (isForgotten && shop.find(key) === undefined)
      return await this.#refuse(document, "it is not known whether it was stored: the log has dropped what came since")
    const seq = await shop.storeOnce(key, event)
    this.counts.stored++
    return { state: "stored", log: log.key, seq, shopper_id: event.shopper_id }
  }

  async #refuse(document: IncomingDocument, reason: string): Promise<Progress> {
    const [shopId, id] = [shopNamedBy(document), incomingKey(document)]
    await this.#deadLetters.put({ shopId, kind: "incoming", id, reason, payload: incomingJson(document) })
    this.#refused.add(reason, { shopId })
    this.counts.refused++
    return { state: "refused", reason }
  }

  async #note(outcomes: readonly [IncomingDocument, Progress][]): Promise<void> {
    const notes = outcomes.map(([{ _id }, shopwire]) => ({
      updateOne: { filter: { _id }, update: { $set: { shopwire } } },
    }))
    if (notes.length > 0) await this.#collection.bulkWrite(notes, { ordered: false })
  }
}
