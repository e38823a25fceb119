import { type AbstractCursor, BSON, type Collection, type Filter, type UpdateFilter } from "mongodb"
import type { Logger } from "res-service"
import type { LogId } from "../../log/log-id.ts"
import { SummedLog } from "../../summed-log.ts"
import { BackOff } from "../back-off.ts"
import type { DeadLetters } from "../dead-letters.ts"
import type { Mongo } from "../mongo.ts"
import { refusals } from "../write-errors.ts"
import {
  INCOMING,
  type IncomingDocument,
  incomingJson,
  incomingKey,
  type Progress,
  readIncoming,
  shopNamedBy,
  shopperNamedBy,
} from "./incoming-document.ts"
import type { IncomingLog, IncomingShop, LogState } from "./incoming-log.ts"
import { Inserts } from "./inserts.ts"

/** Most documents that are published at a time, and their size in bytes; the last one may exceed it. */
const BATCH = 200
const BATCH_BYTES = 4 * 1024 * 1024

/** Most documents in which MongoDB refuses notes that are remembered, by key. Beyond that, some are reported again. */
const MAX_UNNOTABLE = 10_000

/** Matches documents that are new, or that an archiver has begun to publish. */
const IS_LEFT = { "shopwire.state": { $in: [null, "publishing"] } }

export interface IncomingOptions {
  readonly mongo: Mongo
  readonly log: IncomingLog
  readonly deadLetters: DeadLetters
  /** Time in ms for MongoDB to answer. */
  readonly timeoutMs: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** A document and the note for it. */
type Note = readonly [IncomingDocument, Progress]

/** A document whose event may be in the log, with a sequence greater than `after`. */
interface Claimed {
  readonly document: IncomingDocument
  readonly key: string
  readonly after: number
}

/**
 * Publishes the events that other programs insert into `incoming_events`: each once, a shop's in the order of their `_id`s.
 *
 * The archiver first notes in each document that it is about to publish, and the current end of the log; then it publishes; then it notes
 * the result. So any archiver can continue where another one was killed: `IncomingShop` looks for the event after that sequence.
 */
export class IncomingEvents {
  readonly #mongo: Mongo
  readonly #collection: Collection<IncomingDocument>
  readonly #log: IncomingLog
  readonly #deadLetters: DeadLetters
  readonly #refused: SummedLog
  readonly #unnoted: SummedLog
  readonly #timeoutMs: number
  readonly #signal: AbortSignal
  readonly #backOff: BackOff
  readonly #unnotable = new Set<string>()
  readonly counts = { stored: 0, refused: 0 }

  constructor({ mongo, log, deadLetters, timeoutMs, logger, signal }: IncomingOptions) {
    this.#mongo = mongo
    this.#collection = mongo.db.collection(INCOMING)
    this.#log = log
    this.#deadLetters = deadLetters
    this.#refused = new SummedLog(logger, "warn", "events in MongoDB are not published; they are with the dead letters")
    this.#unnoted = new SummedLog(
      logger,
      "error",
      "MongoDB refuses notes in documents; they are left alone until the next start",
    )
    this.#timeoutMs = timeoutMs
    this.#signal = signal
    this.#backOff = new BackOff(mongo, logger, signal)
  }

  /** Rejects with the signal's reason. */
  async run(): Promise<void> {
    const inserts = new Inserts(this.#mongo, this.#collection, { timeoutMs: this.#timeoutMs, signal: this.#signal })
    try {
      for (;;) {
        await this.#backOff.persist("take in events from MongoDB", () => this.#takeAll())
        await inserts.next()
      }
    } finally {
      inserts.close()
      this.#refused.stop()
      this.#unnoted.stop()
    }
  }

  // Each document comes once, so a document that cannot be published does not hold up the others.
  async #takeAll(): Promise<void> {
    const cursor = this.#collection.find(IS_LEFT, { batchSize: BATCH }).sort({ _id: 1 })
    try {
      for await (const documents of batches(cursor)) {
        this.#signal.throwIfAborted()
        await this.#take(documents.filter((document) => !this.#unnotable.has(incomingKey(document))))
      }
    } finally {
      await cursor.close()
    }
  }

  async #take(documents: readonly IncomingDocument[]): Promise<void> {
    const state = await this.#log.state()
    const claimed = await this.#claim(documents, state)
    const byShop = new Map<string, Claimed[]>()
    for (const each of claimed) {
      const shopId = shopNamedBy(each.document)
      byShop.set(shopId, [...(byShop.get(shopId) ?? []), each])
    }
    const notes = await Promise.all([...byShop].map(([shopId, ofShop]) => this.#takeInOrder(shopId, ofShop, state)))
    for (const [document, reason] of await this.#note(notes.flat())) {
      this.#leaveAlone(document, reason)
    }
  }

  /** Notes in each document that it is about to be published. A note of another archiver stays. Resolves to the documents with a note. */
  async #claim(documents: readonly IncomingDocument[], { log, lastSeq }: LogState): Promise<Claimed[]> {
    // A note about another log is void, because the events are gone with that log. A note that no archiver wrote is void too.
    const isClaimed = { "shopwire.log": log.key, "shopwire.after": { $gte: 0, $lte: lastSeq } }
    const unclaimed = { ...IS_LEFT, $nor: [isClaimed] } as Filter<IncomingDocument>
    const claim: Progress = { state: "publishing", log: log.key, after: lastSeq }
    const notes = documents.map((document): Note => [document, { ...claim, ...shopperNamedBy(document) }])
    for (const [document, reason] of await this.#note(notes, unclaimed)) {
      await this.#bury(document, reason)
      this.#leaveAlone(document, reason)
    }

    const afters = new Map<string, number>()
    const ids = documents.map(({ _id }) => _id)
    const found = this.#collection.find({ _id: { $in: ids }, "shopwire.state": "publishing" })
    for await (const { _id, shopwire } of found.project<IncomingDocument>({ shopwire: 1 }))
      if (shopwire?.state === "publishing") afters.set(incomingKey({ _id }), Math.floor(shopwire.after))
    return documents.flatMap((document) => {
      const key = incomingKey(document)
      const after = afters.get(key)
      return after === undefined ? [] : [{ document, key, after }]
    })
  }

  async #takeInOrder(shopId: string, claimed: readonly Claimed[], { log, firstSeq }: LogState): Promise<Note[]> {
    const from = Math.min(...claimed.map(({ after }) => after))
    const keys = claimed.map(({ key }) => key)
    const shop = await this.#log.openShop(shopId, from, keys)
    const notes: Note[] = []
    for (const each of claimed) {
      const isForgotten = each.after + 1 < firstSeq
      notes.push([each.document, await this.#takeOne(each, shop, isForgotten, log)])
    }
    return notes
  }

  async #takeOne(
    { document, key, after }: Claimed,
    shop: IncomingShop,
    isForgotten: boolean,
    log: LogId,
  ): Promise<Progress> {
    const event = readIncoming(document)
    if ("reason" in event) return await this.#refuse(document, event.reason)
    if (isForgotten && shop.find(key, after) === undefined)
      return await this.#refuse(document, "it is not known whether it was stored: the log has dropped what came since")
    const seq = await shop.storeOnce(key, event, after)
    this.counts.stored++
    return { state: "stored", log: log.key, seq, shopper_id: event.shopper_id }
  }

  async #refuse(document: IncomingDocument, reason: string): Promise<Progress> {
    await this.#bury(document, reason)
    this.#refused.add(reason, { shopId: shopNamedBy(document) })
    return { state: "refused", reason, ...shopperNamedBy(document) }
  }

  /** Ignores a document until the archiver starts again. */
  #leaveAlone(document: IncomingDocument, reason: string): void {
    this.#unnoted.add(reason, { shopId: shopNamedBy(document) })
    if (this.#unnotable.size >= MAX_UNNOTABLE) this.#unnotable.clear()
    this.#unnotable.add(incomingKey(document))
  }

  async #bury(document: IncomingDocument, reason: string): Promise<void> {
    const [shopId, id] = [shopNamedBy(document), incomingKey(document)]
    await this.#deadLetters.put({ shopId, kind: "incoming", id, reason, payload: incomingJson(document) })
    this.counts.refused++
  }

  /** Writes notes into their documents, as far as these match. Resolves to the documents that MongoDB refuses to change, and why. */
  async #note(notes: readonly Note[], matching: Filter<IncomingDocument> = {}): Promise<Map<IncomingDocument, string>> {
    if (notes.length === 0) return new Map()
    const updates = notes.map(([{ _id }, shopwire]) => ({
      updateOne: {
        filter: { _id, ...matching },
        update: { $set: { shopwire } } as UpdateFilter<IncomingDocument>,
      },
    }))
    try {
      await this.#collection.bulkWrite(updates, { ordered: false })
      return new Map()
    } catch (error) {
      const refused = [...refusals(error)]
      return new Map(
        refused.flatMap(([index, refusal]) => {
          const document = notes[index]?.[0]
          const reason = refusal.kind === "exists" ? "duplicate key" : refusal.reason
          return document === undefined ? [] : [[document, reason]]
        }),
      )
    }
  }
}

/** The documents of a cursor, in batches that fit into memory. */
async function* batches(cursor: AbstractCursor<IncomingDocument>): AsyncGenerator<IncomingDocument[]> {
  let batch: IncomingDocument[] = []
  let bytes = 0
  for await (const document of cursor) {
    batch.push(document)
    bytes += BSON.calculateObjectSize(document)
    if (batch.length < BATCH && bytes < BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}
