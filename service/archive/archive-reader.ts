import type { Collection, Db, Filter } from "mongodb"
import { escaped, type HistoryFilter, soughtIn } from "../../contract/history.ts"
import type { LogEntry } from "../log/entry.ts"
import { eventId, type LogId } from "../log/log-id.ts"
import { type EventDocument, shownEvent } from "./event-document.ts"

/** Selects events of a shop; a member that is left out does not narrow. */
export interface EventFilter extends HistoryFilter {
  /** Only those with a lower sequence. */
  readonly before?: number | undefined
  /** Only those with a higher sequence. */
  readonly after?: number | undefined
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

  /**
   * The sequence of the event that comes `count` events before (in `newest`'s order) or after the first that a filter takes; undefined
   * when there are fewer. The filter should have an index.
   */
  async seqBeyond(
    log: LogId,
    shopId: string,
    count: number,
    filter: EventFilter,
    direction: 1 | -1,
  ): Promise<number | undefined> {
    const found = this.#events
      .find(queryOf(log, shopId, filter), { projection: { _id: 0, seq: 1 } })
      .sort({ log: direction, seq: direction })
      .skip(count)
      .limit(1)
    return (await found.next())?.seq
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
  const { before, after, from, to, session_id, category_id, action, min_total, max_total, find } = filter
  return {
    shop_id,
    ...(session_id === undefined ? {} : { session_id }),
    ...(category_id === undefined ? {} : { category_id }),
    ...(action === undefined ? {} : { action: inAnyCase(`^${escaped(action)}\\z`) }),
    ...(find === undefined ? {} : { $or: placesOf(find) }),
    log: log.created,
    ...range("seq", { $lt: before, $gt: after }),
    ...range("received_at", { $gte: dateOf(from), $lt: dateOf(to) }),
    ...range("basket_total", { $gte: min_total, $lte: max_total }),
  }
}

/** Where `find` may be found, as `matcherOf` looks for it. */
function placesOf(find: string): Filter<EventDocument>[] {
  const { part, number, idBeginning } = soughtIn(find)
  return [
    { product_name: inAnyCase(part) },
    { UPC: inAnyCase(part) },
    ...(number === undefined ? [] : [{ product_id: number }, { seq: number }]),
    ...(idBeginning === undefined
      ? []
      : [{ session_id: { $regex: `^${idBeginning}` } }, { shopper_id: { $regex: `^${idBeginning}` } }]),
  ]
}

function inAnyCase(pattern: string): { $regex: string; $options: string } {
  return { $regex: pattern, $options: "i" }
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time)
}

/** A filter for a member by its given bounds. */
function range(name: string, bounds: { readonly [operator: string]: unknown }): object {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined)
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) }
}

function entryOf(document: EventDocument): LogEntry {
  return { shopId: document.shop_id, event: shownEvent(document) }
}
