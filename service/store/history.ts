import { ResError } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import {
  type HistoryFilter,
  type HistoryPart,
  matcherOf,
  type PageQuery,
  type ReadParams,
} from "../../contract/history.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import type { ArchivedHistory } from "../archive/archived-history.ts"
import type { LogEntry } from "../log/entry.ts"
import type { Log } from "../log/log.ts"
import type { LogSlice } from "../log/reader.ts"
import { partitionOf } from "../log/subjects.ts"
import { fitting } from "./page.ts"

/** Time for the log's followers to reach a sequence that a client has seen already, in ms. */
const CATCH_UP_MS = 1000

/**
 * Most events of a shop that are searched for one page where there is no index: in the log, and for most filters in the archive. It
 * bounds the cost of a page, even when few events match.
 */
const MOST_SCANNED = 10_000

/** How often reading starts again because the stream has dropped events meanwhile. */
const ATTEMPTS = 3

/**
 * A shop's events from any point on, forwards and backwards. They come from the log and, when the log has dropped them, from the archive
 * if there is one.
 *
 * The stream drops its oldest messages at any moment, so the seam between log and archive moves. Backwards, the seam is the point where
 * reading the log ended; forwards, it is checked again after reading.
 *
 * The log can only be searched message by message, but the archive has indexes for baskets and categories. With an archive, only
 * events that are not archived yet are searched in the log for them. Actions, totals and texts have no index anywhere.
 */
export class History {
  readonly #log: Log
  readonly #archive: ArchivedHistory | undefined

  constructor(log: Log, archive: ArchivedHistory | undefined) {
    this.#log = log
    this.#archive = archive
  }

  /** The event `seq` of a shop; undefined when it is another shop's, not valid, or gone. */
  async at(shopId: string, seq: number): Promise<LogEntry | undefined> {
    return (await this.#log.reader.at(shopId, seq)) ?? (await this.#archive?.at(shopId, seq))
  }

  /**
   * The log's last sequence. Events before it do not change, whatever is stored later. The shop's newest event cannot be used, since it
   * may be erased.
   */
  async end(): Promise<number> {
    return await this.#log.reader.endSeq()
  }

  /**
   * The newest events before a sequence, newest first.
   *
   * @throws {ResError} `store.searchTooLong` · `system.serviceUnavailable`
   */
  async older(shopId: string, { before, limit, ...filter }: PageQuery): Promise<readonly ShownEvent[]> {
    const archive = this.#archive
    const indexed = archive !== undefined && isIndexed(filter) ? await archive.upTo() : 0
    const bounds = await this.#bounds(filter)
    const low = Math.max(indexed, bounds.after)
    const inLog = await this.#log.reader.search(
      shopId,
      limit,
      { after: low, before: Math.min(before, bounds.before) },
      {
        wanted: wantedBy(filter),
        // Without a filter every event matches.
        mostScanned: MOST_SCANNED,
      },
    )
    const found = [...inLog.entries]
    if (!inLog.complete && found.length === 0) throw serviceError("store.searchTooLong", { before: inLog.end })
    if (archive !== undefined && inLog.complete && found.length < limit) {
      const end = found.at(-1)?.event.seq ?? before
      const beyond = isIndexed(filter) ? Math.min(end, indexed + 1) : end
      const after = isSearch(filter)
        ? await archive.seqBeyond(shopId, MOST_SCANNED, { ...indexedPart(filter), before: beyond }, -1)
        : undefined
      found.push(...(await archive.newest(shopId, limit - found.length, { ...filter, before: beyond, after })))
      if (found.length === 0 && after !== undefined) throw serviceError("store.searchTooLong", { before: after + 1 })
    }
    return fitting(found.map(({ event }) => event))
  }

  /**
   * The events after the sequence `after`, oldest first.
   *
   * @throws {ResError} `store.unknownSequence` · `system.serviceUnavailable`
   */
  async read(shopId: string, params: ReadParams): Promise<HistoryPart> {
    const { value, log } = await this.#log.ofOneLog(partitionOf(shopId), () => this.#read(shopId, params))
    return { ...value, log: log.key }
  }

  async #read(shopId: string, { after, limit, ...filter }: ReadParams): Promise<Omit<HistoryPart, "log">> {
    if (after !== undefined) await this.#reachable(shopId, after)
    // Not the followers' position: they may be behind, and an export until now must have all that was acknowledged.
    if (after === undefined) return { events: [], after: await this.end(), end: true }
    // Taken before reading: events that are stored later may be read or not, and watchers are sent them in any case.
    const position = this.#log.positionOf(partitionOf(shopId))
    const { entries, last, end } = await this.#following(shopId, after, limit, filter, position)
    const all = entries.map(({ event }) => event)
    const events = fitting(all)
    if (events.length < all.length) return { events, after: events.at(-1)?.seq ?? after, end: false }
    return { events, after: end ? Math.max(last, position) : last, end }
  }

  /** @param position of the log's followers before anything is read */
  async #following(
    shopId: string,
    after: number,
    limit: number,
    filter: HistoryFilter,
    position: number,
  ): Promise<LogSlice> {
    for (let attempt = 1; ; attempt++) {
      const first = await this.#firstInLog(shopId)
      // An event up to the position that is not in the log then was dropped, so it is archived; a later one may only just be stored.
      const archived = await this.#archived(shopId, after, limit, filter, { first, position })
      if (!archived.end) return archived
      const inLog = await this.#inLog(shopId, archived.last, limit - archived.entries.length, filter)
      // The log may have dropped events before they were read; they are archived by now.
      const isSound =
        this.#archive === undefined || (await this.#firstInLog(shopId)) <= Math.max(first, archived.last + 1)
      if (isSound) return { ...inLog, entries: [...archived.entries, ...inLog.entries] }
      if (attempt === ATTEMPTS) throw new ResError("system.serviceUnavailable")
    }
  }

  /** The events before those that are read in the log, from the archive: up to `last`. `end`: the log has what follows. */
  async #archived(
    shopId: string,
    after: number,
    limit: number,
    filter: HistoryFilter,
    { first, position }: { readonly first: number; readonly position: number },
  ): Promise<LogSlice> {
    const archive = this.#archive
    if (archive === undefined) return { entries: [], last: after, end: true }
    if (!isIndexed(filter) && after + 1 >= first) return { entries: [], last: after, end: true }
    // Well beyond the seam, so that nothing is dropped now that is still to be read in the log.
    const upTo = Math.max(await archive.upTo(), Math.min(first - 1, position))
    if (upTo <= after) return { entries: [], last: after, end: true }
    const beyond = isSearch(filter)
      ? await archive.seqBeyond(shopId, MOST_SCANNED, { ...indexedPart(filter), after, before: upTo + 1 }, 1)
      : undefined
    const before = beyond ?? upTo + 1
    const entries = await archive.oldest(shopId, limit, { ...filter, after, before })
    if (entries.length === limit) return { entries, last: entries.at(-1)?.event.seq ?? upTo, end: false }
    return { entries, last: before - 1, end: beyond === undefined }
  }

  async #inLog(shopId: string, after: number, limit: number, filter: HistoryFilter): Promise<LogSlice> {
    const bounds = await this.#bounds(filter)
    const wanted = wantedBy(filter)
    const entries: LogEntry[] = []
    if (bounds.after === Infinity) return { entries, last: after, end: true }
    let last = Math.max(after, bounds.after)
    for (let scanned = 0; scanned < MOST_SCANNED; ) {
      const part = await this.#log.reader.following(shopId, last, limit)
      scanned += limit
      for (const entry of part.entries) {
        const { seq } = entry.event
        if (seq >= bounds.before) return { entries, last, end: true }
        if (wanted(entry)) entries.push(entry)
        last = seq
        if (entries.length === limit) return { entries, last, end: part.end && seq === part.last }
      }
      last = Math.max(last, part.last)
      if (part.end) return { entries, last, end: true }
    }
    return { entries, last, end: false }
  }

  async #firstInLog(shopId: string): Promise<number> {
    return this.#archive === undefined ? 0 : await this.#log.reader.firstSeq(shopId)
  }

  /** The sequences between which the events of a time range lie, both excluded. */
  async #bounds({ from, to }: HistoryFilter): Promise<{ after: number; before: number }> {
    const [first, end] = await Promise.all([from, to].map((time) => time && this.#log.reader.seqAt(time)))
    return {
      after: typeof first === "number" ? first - 1 : 0,
      before: typeof end === "number" ? end : Number.MAX_SAFE_INTEGER,
    }
  }

  // The answer to a publish may arrive before the tail has the event. A sequence beyond the log's end belongs to another log.
  async #reachable(shopId: string, seq: number): Promise<void> {
    const shard = partitionOf(shopId)
    if (seq <= this.#log.positionOf(shard)) return
    if (seq > (await this.#log.reader.endSeq())) throw serviceError("store.unknownSequence")
    // The message `seq` itself may be another shop's, which is not followed here.
    await this.#log.reach(shard, Math.min(seq, await this.#log.reader.newestRecordSeq(shopId)), CATCH_UP_MS)
  }
}

/** True for a filter that only the archive has an index for. */
function isIndexed({ session_id, category_id }: HistoryFilter): boolean {
  return session_id !== undefined || category_id !== undefined
}

/** True for a filter that has members without an index. */
function isSearch({ action, min_total, max_total, find }: HistoryFilter): boolean {
  return [action, min_total, max_total, find].some((member) => member !== undefined)
}

/** The members of a filter that the archive has indexes for. */
function indexedPart({ session_id, category_id }: HistoryFilter): HistoryFilter {
  return { session_id, category_id }
}

function wantedBy(filter: HistoryFilter): (entry: LogEntry) => boolean {
  const matches = matcherOf(filter)
  return ({ event }) => matches(event)
}
