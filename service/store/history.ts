import { ResError } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import type { HistoryFilter, HistoryPart, PageQuery, ReadParams } from "../../contract/history.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import type { EventFilter } from "../archive/archive-reader.ts"
import type { ArchivedHistory } from "../archive/archived-history.ts"
import type { LogEntry } from "../log/entry.ts"
import type { Log } from "../log/log.ts"
import type { LogSlice } from "../log/reader.ts"
import { fitting } from "./page.ts"

/** Time for the tail to come to a sequence that somebody has seen already, in ms. */
const CATCH_UP_MS = 1000

/**
 * Messages of a shop that are looked through for one page, where the log has no index. So a page costs no more than this, however
 * few of the events are wanted.
 */
const MOST_SCANNED = 10_000

/** How often reading begins again because the stream has dropped something meanwhile. */
const ATTEMPTS = 3

/**
 * What has happened in a shop, from any point on, forwards and backwards: from the log, and what the log has forgotten from the
 * archive, if there is one.
 *
 * The stream drops its oldest messages at any moment. So the seam is never a number that was asked for before: backwards it is
 * where reading the log came to an end, forwards it is looked at again after reading.
 *
 * By basket or category the log can only be searched message by message, but the archive has indexes: with an archive, only what
 * is not archived yet is searched in the log.
 */
export class History {
  readonly #log: Log
  readonly #archive: ArchivedHistory | undefined

  constructor(log: Log, archive: ArchivedHistory | undefined) {
    this.#log = log
    this.#archive = archive
  }

  /** The event `seq` of a shop; undefined when that is another shop's, no valid one, or gone. */
  async at(shopId: string, seq: number): Promise<LogEntry | undefined> {
    return (await this.#log.reader.at(shopId, seq)) ?? (await this.#archive?.at(shopId, seq))
  }

  /**
   * The log's last sequence. What comes before it does not change, whatever is stored later; a shop's own newest event would not
   * do, for it may be erased.
   */
  async end(): Promise<number> {
    return Math.max(this.#log.position, await this.#log.reader.endSeq())
  }

  /**
   * The newest events before a sequence, newest first.
   *
   * @throws {ResError} `store.searchTooLong` · `system.serviceUnavailable`
   */
  async older(shopId: string, { before, limit, ...filter }: PageQuery): Promise<readonly ShownEvent[]> {
    const archive = this.#archive
    const indexed = archive !== undefined && isNarrow(filter) ? await archive.upTo() : 0
    const bounds = await this.#bounds(filter)
    const low = Math.max(indexed, bounds.after)
    const inLog = await this.#log.reader.search(
      shopId,
      limit,
      { after: low, before: Math.min(before, bounds.before) },
      {
        wanted: wantedBy(filter),
        // Without a filter whatever is read is wanted.
        mostScanned: MOST_SCANNED,
      },
    )
    const found = [...inLog.entries]
    if (!inLog.complete && found.length === 0) throw serviceError("store.searchTooLong", { before: inLog.end })
    if (archive !== undefined && inLog.complete && found.length < limit) {
      const end = found.at(-1)?.event.seq ?? before
      const beyond = isNarrow(filter) ? Math.min(end, indexed + 1) : end
      found.push(...(await archive.newest(shopId, limit - found.length, { ...archiveFilter(filter), before: beyond })))
    }
    return fitting(found.map(({ event }) => event))
  }

  /**
   * What follows the sequence `after`, oldest first.
   *
   * @throws {ResError} `store.unknownSequence` · `system.serviceUnavailable`
   */
  async read(shopId: string, { after, limit, ...filter }: ReadParams): Promise<HistoryPart> {
    if (after !== undefined) await this.#reachable(after)
    // Before it is read: what is stored later may or may not be among what is read, and is told to who watches anyhow.
    const position = this.#log.position
    if (after === undefined) return { events: [], after: position, end: true }
    const { entries, last, end } = await this.#following(shopId, after, limit, filter)
    const all = entries.map(({ event }) => event)
    const events = fitting(all)
    if (events.length < all.length) return { events, after: events.at(-1)?.seq ?? after, end: false }
    return { events, after: end ? Math.max(last, position) : last, end }
  }

  async #following(shopId: string, after: number, limit: number, filter: HistoryFilter): Promise<LogSlice> {
    for (let attempt = 1; ; attempt++) {
      const first = await this.#firstInLog(shopId)
      const archived = await this.#archived(shopId, after, limit, filter, first)
      if (archived.entries.length === limit) return { ...archived, end: false }
      const inLog = await this.#inLog(shopId, archived.last, limit - archived.entries.length, filter)
      // Something that was to be read in the log may have been dropped before it was read; it is archived by now.
      const isSound =
        this.#archive === undefined || (await this.#firstInLog(shopId)) <= Math.max(first, archived.last + 1)
      if (isSound) return { ...inLog, entries: [...archived.entries, ...inLog.entries] }
      if (attempt === ATTEMPTS) throw new ResError("system.serviceUnavailable")
    }
  }

  /** From the archive, what comes before that which is read in the log: up to `last`. */
  async #archived(
    shopId: string,
    after: number,
    limit: number,
    filter: HistoryFilter,
    first: number,
  ): Promise<Omit<LogSlice, "end">> {
    const archive = this.#archive
    if (archive === undefined) return { entries: [], last: after }
    if (!isNarrow(filter) && after + 1 >= first) return { entries: [], last: after }
    // Well beyond the seam, so that what is dropped now is nothing that is to be read in the log.
    const upTo = Math.max(await archive.upTo(), Math.min(first - 1, this.#log.position))
    if (upTo <= after) return { entries: [], last: after }
    const entries = await archive.oldest(shopId, limit, { ...archiveFilter(filter), after, before: upTo + 1 })
    return { entries, last: entries.length === limit ? (entries.at(-1)?.event.seq ?? upTo) : upTo }
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

  /** What the times mean in the log: only after the one sequence, and before the other. */
  async #bounds({ from, to }: HistoryFilter): Promise<{ after: number; before: number }> {
    const [first, end] = await Promise.all([from, to].map((time) => time && this.#log.reader.seqAt(time)))
    return {
      after: typeof first === "number" ? first - 1 : 0,
      before: typeof end === "number" ? end : Number.MAX_SAFE_INTEGER,
    }
  }

  // An answer to a publish may be faster than the tail; a sequence beyond the log is that of one that is gone.
  async #reachable(seq: number): Promise<void> {
    if (seq <= this.#log.position) return
    if (seq > (await this.#log.reader.endSeq())) throw serviceError("store.unknownSequence")
    await this.#log.reach(seq, CATCH_UP_MS)
  }
}

/** True for what the log has no index for. */
function isNarrow({ session_id, category_id }: HistoryFilter): boolean {
  return session_id !== undefined || category_id !== undefined
}

/** Whether an entry is of the basket and the category; times are for the log to find. */
function wantedBy({ session_id, category_id }: HistoryFilter): (entry: LogEntry) => boolean {
  return ({ event }) =>
    (session_id === undefined || event.session_id === session_id) &&
    (category_id === undefined || event.category_id === category_id)
}

function archiveFilter({ from, to, session_id, category_id }: HistoryFilter): EventFilter {
  return {
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { to: new Date(to) }),
    ...(session_id === undefined ? {} : { sessionId: session_id }),
    ...(category_id === undefined ? {} : { categoryId: category_id }),
  }
}
