import type { AnyBulkWriteOperation, Collection, Db } from "mongodb"
import type { Logger } from "res-service"
import { BackOff } from "../back-off.ts"
import type { DeadLetters } from "../dead-letters.ts"
import {
  INCOMING,
  type IncomingDocument,
  incomingJson,
  incomingKey,
  type Progress,
  readIncoming,
  shopNamedBy,
} from "./incoming-document.ts"
import type { IncomingLog, LogState } from "./incoming-log.ts"
import { Inserts } from "./inserts.ts"

/** Documents taken in hand at once. */
const BATCH = 200

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
 * Before an event is published, its document says behind which sequence of the log it would be: `IncomingLog` looks there.
 */
export class IncomingEvents {
  readonly #collection: Collection<IncomingDocument>
  readonly #log: IncomingLog
  readonly #deadLetters: DeadLetters
  readonly #logger: Logger
  readonly #signal: AbortSignal
  readonly #backOff: BackOff
  readonly counts = { stored: 0, refused: 0 }

  constructor({ db, log, deadLetters, logger, signal }: IncomingOptions) {
    this.#collection = db.collection(INCOMING)
    this.#log = log
    this.#deadLetters = deadLetters
    this.#logger = logger
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
    }
  }

  async #takeAll(): Promise<void> {
    const isLeft = { "shopwire.state": { $in: [null, "publishing"] } }
    for (;;) {
      this.#signal.throwIfAborted()
      const documents = await this.#collection.find(isLeft).sort({ _id: 1 }).limit(BATCH).toArray()
      if (documents.length === 0) return
      await this.#take(documents)
    }
  }

  async #take(documents: readonly IncomingDocument[]): Promise<void> {
    const state = await this.#log.state()
    const claimed = await this.#claim(documents, state)
    const shops = [...new Set(claimed.map(shopNamedBy))]
    const ofShop = (shopId: string) => claimed.filter((document) => shopNamedBy(document) === shopId)
    const outcomes = await Promise.all(shops.map((shopId) => this.#takeInOrder(ofShop(shopId), state)))
    await this.#note(outcomes.flat())
  }

  /** Notes behind which sequence each event would be; what another archiver has noted before stays. */
  async #claim(documents: readonly IncomingDocument[], { log, lastSeq }: LogState): Promise<IncomingDocument[]> {
    const fresh = documents.filter(({ shopwire }) => shopwire === undefined || !isOf(log.key, shopwire))
    const shopwire: Progress = { state: "publishing", log: log.key, after: lastSeq }
    const claims = fresh.map(({ _id, shopwire: known }) => ({
      // Of another log: what was stored there went with it.
      updateOne: { filter: { _id, shopwire: known ?? { $exists: false } }, update: { $set: { shopwire } } },
    }))
    if (claims.length > 0) await this.#write(claims)
    const ids = documents.map(({ _id }) => _id)
    return await this.#collection
      .find({ _id: { $in: ids }, "shopwire.state": "publishing" })
      .sort({ _id: 1 })
      .toArray()
  }

  async #takeInOrder(documents: readonly IncomingDocument[], state: LogState): Promise<[IncomingDocument, Progress][]> {
    const outcomes: [IncomingDocument, Progress][] = []
    for (const document of documents) outcomes.push([document, await this.#takeOne(document, state)])
    return outcomes
  }

  async #takeOne(document: IncomingDocument, { log, firstSeq, lastSeq }: LogState): Promise<Progress> {
    const event = readIncoming(document)
    if ("reason" in event) return await this.#refuse(document, event.reason)
    const after = document.shopwire?.state === "publishing" ? document.shopwire.after : lastSeq
    const incoming = { key: incomingKey(document), event, after }
    if (after + 1 < firstSeq && (await this.#log.find(incoming)) === undefined)
      return await this.#refuse(document, "it is not known whether it was stored: the log has dropped what came since")
    const seq = await this.#log.storeOnce(incoming)
    this.counts.stored++
    return { state: "stored", log: log.key, seq, shopper_id: event.shopper_id }
  }

  async #refuse(document: IncomingDocument, reason: string): Promise<Progress> {
    const [shopId, id] = [shopNamedBy(document), incomingKey(document)]
    await this.#deadLetters.put({ shopId, kind: "incoming", id, reason, payload: incomingJson(document) })
    this.#logger.warn({ shopId, reason }, "an event in MongoDB is not published; it is with the dead letters")
    this.counts.refused++
    return { state: "refused", reason }
  }

  async #note(outcomes: readonly [IncomingDocument, Progress][]): Promise<void> {
    const notes = outcomes.map(([{ _id }, shopwire]) => ({
      updateOne: { filter: { _id }, update: { $set: { shopwire } } },
    }))
    if (notes.length > 0) await this.#write(notes)
  }

  async #write(operations: readonly AnyBulkWriteOperation<IncomingDocument>[]): Promise<void> {
    await this.#collection.bulkWrite([...operations], { ordered: false })
  }
}

function isOf(log: string, progress: Progress): boolean {
  return progress.state === "publishing" && progress.log === log
}
