import type { AnyBulkWriteOperation, Collection, Db, Filter } from "mongodb"
import { MAX_WAITING } from "../projections/ordered-basket.ts"
import { insertPlaced, settle, type Unsettled } from "../projections/producer-order.ts"
import {
  applyToTransaction,
  type BasketDocument,
  basketDigest,
  basketFields,
  basketId,
  isNewer,
  isOurs,
  type Transaction,
  transactionOf,
} from "./basket-document.ts"
import { type EventDocument, placeOf } from "./event-document.ts"
import { type Refusal, refusals } from "./write-errors.ts"

/** Most baskets that one query recomputes, and so are in memory. */
const RECOMPUTED_AT_ONCE = 250

/** A basket that MongoDB refuses, and why. */
export interface RefusedBasket {
  readonly shop_id: string
  readonly session_id: string
  readonly refusal: Exclude<Refusal, { kind: "exists" }>
}

/** A basket with archived events to apply. */
interface Touched {
  readonly _id: string
  readonly shop_id: string
  readonly session_id: string
  readonly events: EventDocument[]
}

/** The next content of a basket's document. */
interface Next {
  readonly touched: Touched
  readonly transaction: Transaction
  /** Version of the replaced document, which other programs may have changed; 0: there is none. */
  readonly version: unknown
}

/**
 * The collection `baskets`: one document for each basket, made from the archived events alone.
 *
 * Events that are newer than the document's are applied to it. Otherwise (an event came twice, or late from its producer or another
 * archiver; the document does not exist, or another program has changed it) the document is computed again from all archived events of the basket. So each
 * archived event is in the document once and in order (the log's, and within that each producer's), as soon as its archiver has updated the document. Each update names the version
 * that it has read, and is repeated when another archiver was faster.
 */
export class BasketCollection {
  readonly #baskets: Collection<BasketDocument>
  readonly #events: Collection<EventDocument>

  constructor(db: Db) {
    this.#baskets = db.collection("baskets")
    this.#events = db.collection("events")
  }

  /**
   * Applies archived events to their baskets. An event that comes again changes nothing. Resolves to the refused baskets.
   *
   * @throws the driver's error when it is not known which were written
   */
  async take(events: readonly EventDocument[]): Promise<RefusedBasket[]> {
    const refused: RefusedBasket[] = []
    for (let left = grouped(events); left.length > 0; ) {
      const next = await this.#next(left)
      left = []
      for (const [{ touched }, refusal] of await this.#write(next)) {
        if (refusal.kind === "exists") left.push(touched)
        else refused.push({ shop_id: touched.shop_id, session_id: touched.session_id, refusal })
      }
    }
    return refused
  }

  /** A basket, made from all its archived events. Undefined: there are none. */
  async recompute({ shop_id, session_id }: { shop_id: string; session_id: string }): Promise<Transaction | undefined> {
    const _id = basketId({ shop_id, session_id })
    return (await this.#recompute([{ _id, shop_id, session_id }])).get(_id)
  }

  async #next(baskets: readonly Touched[]): Promise<Next[]> {
    const found = await this.#baskets.find({ _id: { $in: baskets.map(({ _id }) => _id) } }).toArray()
    const documents = new Map(found.map((document) => [document._id, document]))

    const next: Next[] = []
    const toRecompute: Touched[] = []
    for (const touched of baskets) {
      const document = documents.get(touched._id)
      const known = document !== undefined && isOurs(document) ? transactionOf(document) : undefined
      const canGoOn = known !== undefined && touched.events.every((event) => isNewer(event, known) && !event.late)
      if (document === undefined || !canGoOn) {
        toRecompute.push(touched)
        continue
      }
      const transaction = touched.events.reduce(applyToTransaction, known)
      next.push({ touched, transaction, version: document.version })
    }
    // After reading the documents: all events in a document are archived, so recomputing includes them.
    for (let i = 0; i < toRecompute.length; i += RECOMPUTED_AT_ONCE) {
      const some = toRecompute.slice(i, i + RECOMPUTED_AT_ONCE)
      const transactions = await this.#recompute(some)
      for (const touched of some) {
        const transaction = transactions.get(touched._id)
        // Undefined: its events were deleted meanwhile.
        if (transaction === undefined) continue
        const document = documents.get(touched._id)
        next.push({ touched, transaction, version: document === undefined ? 0 : document.version })
      }
    }
    return next
  }

  // One event after the other, in the order of an index, because a basket may have more events than fit into memory.
  async #recompute(baskets: readonly Omit<Touched, "events">[]): Promise<ReadonlyMap<string, Transaction | undefined>> {
    const unsettled = new Map<string, Unsettled<Transaction | undefined, EventDocument>>(
      baskets.map(({ _id }) => [_id, { base: undefined, records: [] }]),
    )
    const events = this.#events
      .find({
        session_id: { $in: [...new Set(baskets.map(({ session_id }) => session_id))] },
        shop_id: { $in: [...new Set(baskets.map(({ shop_id }) => shop_id))] },
      })
      .sort({ session_id: 1, shop_id: 1, log: 1, seq: 1 })
    for await (const event of events) {
      const _id = basketId(event)
      const before = unsettled.get(_id)
      // The same session ID may be used in another shop.
      if (before === undefined) continue
      const records = insertPlaced(before.records, event, placeOf(event))
      unsettled.set(_id, settle({ base: before.base, records }, applyToTransaction, hasTooMany))
    }
    return new Map(
      [...unsettled].map(([_id, { base, records }]) => [
        _id,
        records.reduce((transaction, { record }) => applyToTransaction(transaction, record), base),
      ]),
    )
  }

  /** Resolves to the documents that were not written; `exists`: another archiver was faster. */
  async #write(baskets: readonly Next[]): Promise<[Next, Refusal][]> {
    if (baskets.length === 0) return []
    try {
      await this.#baskets.bulkWrite(baskets.map(update), { ordered: false })
      return []
    } catch (error) {
      return [...refusals(error)].flatMap(([index, refusal]) => {
        const next = baskets[index]
        return next === undefined ? [] : [[next, refusal]]
      })
    }
  }
}

// A document of another version does not match, so MongoDB tries an insert, and refuses it because the `_id` exists.
function update({ touched, transaction, version }: Next): AnyBulkWriteOperation<BasketDocument> {
  const { _id, shop_id } = touched
  const fields = basketFields(transaction)
  const ours = {
    shop_id,
    ...fields,
    digest: basketDigest(fields),
    version: Number.isSafeInteger(version) ? Number(version) + 1 : 1,
  }
  // Null matches a document from which another program has removed the version.
  const filter = { _id, version: version ?? null } as Filter<BasketDocument>
  const left = fields.shared_session === undefined ? { $unset: { shared_session: "" as const } } : {}
  return { updateOne: { filter, update: { $set: ours, ...left }, upsert: true } }
}

function hasTooMany({ records }: Unsettled<unknown, unknown>): boolean {
  return records.length > MAX_WAITING
}

/** Events by basket, in order. */
function grouped(events: readonly EventDocument[]): Touched[] {
  const baskets = new Map<string, Touched>()
  for (const event of events) {
    const { shop_id, session_id } = event
    const _id = basketId(event)
    const known = baskets.get(_id)
    if (known === undefined) baskets.set(_id, { _id, shop_id, session_id, events: [event] })
    else known.events.push(event)
  }
  for (const { events: own } of baskets.values()) own.sort((a, b) => a.log.getTime() - b.log.getTime() || a.seq - b.seq)
  return [...baskets.values()]
}
