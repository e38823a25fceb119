import type { Collection, Db, Filter } from "mongodb"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"
import { type EventDocument, shownEvent } from "./event-document.ts"

/** Selects events of a shop; a member that is left out does not narrow. */
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
 * Reads the archived events of one log. Entries are equal to those of `LogReader`, so a caller can change from one to the other at any
 * sequence. An event that was stored just now may not be archived yet.
 *
 * All methods reject with the driver's error when MongoDB does not answer in time.
 */
export class ArchiveReader {
  readonly #events: Collection<EventDocument>

  constructor(db: Db) {
    this.#events = db.collection("events")
  }

  /** The event `seq` of a shop; undefined when it is another shop's, or not archived. */
  async at(log: LogId, shopId: string, seq: number): Promise<LogEntry | undefined> {
    const document = await this.#events.findOne({ _id: eventId(log, seq), shop_id: shopId })
    return document === null ? undefined : entryOf(document)
  }

  /** A shop's newest events, newest first, at most `count`. */
  async newest(log: LogId, shopId: string, count: number, filter: EventFilter = {}): Promise<LogEntry[]> {
    const found = this.#events
      .find(queryOf(log, shopId, filter))
      .sort({ log: -1, seq: -1 })
      .limit(count)
    return (await found.toArray()).map(entryOf)
  }

  /** A shop's oldest events, oldest first, at most `count`. */
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

/** A filter for a member by its given bounds. */
function range(name: string, bounds: { readonly [operator: string]: unknown }): object {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined)
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) }
}

function entryOf(document: EventDocument): LogEntry {
  return { shopId: document.shop_id, event: shownEvent(document) }
}
