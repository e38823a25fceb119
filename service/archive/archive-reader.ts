import type { Collection, Db, Filter } from "mongodb"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"
import { type EventDocument, shownEvent } from "./event-document.ts"

/** Which of a shop's events; what is left out doesn't narrow. */
export interface EventFilter {
  /** Only those with a lower sequence. */
  readonly before?: number
  /** Only those with a higher sequence. */
  readonly after?: number
  /** `received_at` at or after. */
  readonly from?: Date
  /** `received_at` before. */
  readonly to?: Date
  readonly sessionId?: string
  readonly categoryId?: string
}

/**
 * Reads the archived events of one log, as `LogReader` reads those that the log still has: equal entries, so that a reader
 * can go over from one to the other at any sequence. An event that was only just stored may not be here yet.
 *
 * All methods reject with what the driver says when MongoDB does not answer in time.
 */
export class ArchiveReader {
  readonly #events: Collection<EventDocument>

  constructor(db: Db) {
    this.#events = db.collection("events")
  }

  /** The event `seq` of a shop; undefined when that is another shop's, or not archived. */
  async at(log: LogId, shopId: string, seq: number): Promise<LogEntry | undefined> {
    const document = await this.#events.findOne({ _id: eventId(log, seq), shop_id: shopId })
    return document === null ? undefined : entryOf(document)
  }

  /** A shop's newest events, newest first, `count` at most. */
  async newest(log: LogId, shopId: string, count: number, filter: EventFilter = {}): Promise<LogEntry[]> {
    const found = this.#events
      .find(queryOf(log, shopId, filter))
      .sort({ log: -1, seq: -1 })
      .limit(count)
    return (await found.toArray()).map(entryOf)
  }

  /** A shop's oldest events, oldest first, `count` at most. */
  async oldest(log: LogId, shopId: string, count: number, filter: EventFilter = {}): Promise<LogEntry[]> {
    const found = this.#events
      .find(queryOf(log, shopId, filter))
      .sort({ log: 1, seq: 1 })
      .limit(count)
    return (await found.toArray()).map(entryOf)
  }
}

function queryOf(log: LogId, shop_id: string, filter: EventFilter): Filter<EventDocument> {
  const { before, after, from, to, sessionId, categoryId } = filter
  return {
    shop_id,
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
    ...(categoryId === undefined ? {} : { category_id: categoryId }),
    log: log.created,
    ...range("seq", { $lt: before, $gt: after }),
    ...range("received_at", { $gte: from, $lt: to }),
  }
}

/** A member's bounds, as far as there are any. */
function range(name: string, bounds: { readonly [operator: string]: unknown }): object {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined)
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) }
}

function entryOf(document: EventDocument): LogEntry {
  return { shopId: document.shop_id, event: shownEvent(document) }
}
