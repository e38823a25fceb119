import type { ArchivedHistory } from "../archive/archived-history.ts"
import type { LogEntry, LogRecord } from "../log/entry.ts"
import type { LogReader } from "../log/reader.ts"
import type { DayRecord } from "../projections/day.ts"
import { applyRecord, emptyShop, type Shop } from "../projections/shop.ts"
import { DayBook, type DaySources } from "./day-book.ts"
import type { Snapshots } from "./snapshots.ts"

/** Events that are read from the archive at a time. */
const ARCHIVED_AT_ONCE = 500

/** A shop's state, and how many records were read for it. */
export interface Read {
  readonly shop: Shop
  readonly records: number
}

/** With the figures of its days. */
export interface Loaded extends Read {
  readonly book: DayBook
}

export interface LoaderSources {
  readonly snapshots: Snapshots
  readonly reader: LogReader
  readonly days: Omit<DaySources, "replay">
  /** When the stream was made that there is now. */
  log(): string
  readonly archive: Pick<ArchivedHistory, "oldest"> | undefined
}

/** Makes a shop from its snapshot and the log's records after it; without a snapshot, from all records of the log. */
export class ShopLoader {
  readonly #snapshots: Snapshots
  readonly #reader: LogReader
  readonly #days: DaySources
  readonly #log: () => string
  readonly #archive: Pick<ArchivedHistory, "oldest"> | undefined

  constructor({ snapshots, reader, days, log, archive }: LoaderSources) {
    this.#snapshots = snapshots
    this.#reader = reader
    this.#days = { ...days, replay: (shopId, upTo) => this.#replay(shopId, upTo) }
    this.#log = log
    this.#archive = archive
  }

  /** @throws {ResError} `system.serviceUnavailable`: JetStream does not answer */
  async load(shopId: string): Promise<Loaded> {
    // Before anything is read, so that no day is stored for a log that is another one meanwhile.
    const log = this.#log()
    const snapshot = (await this.#snapshots.read(shopId)) ?? emptyShop()
    const end = await this.#reader.newestRecordSeq(shopId)
    const from = kept(snapshot, end)
    const book = new DayBook(shopId, this.#days, { log, from: from.seq, end })
    return { ...(await this.#readOn(shopId, from, end, book)), book }
  }

  /** Reads on to the current end of the shop's log. `from` must not be used any more. Throws as `load`. */
  async goOn(shopId: string, from: Shop, book: DayBook): Promise<Read> {
    const end = await this.#reader.newestRecordSeq(shopId)
    return await this.#readOn(shopId, kept(from, end), end, book)
  }

  async #readOn(shopId: string, from: Shop, end: number, book: DayBook): Promise<Read> {
    let shop = from
    let count = 0
    for await (const records of this.#reader.records(shopId, shop.seq, end)) {
      for (const record of records) {
        const change = applyRecord(shop, record)
        shop = change.shop
        if (change.day !== undefined) book.add(change.day)
      }
      count += records.length
      await book.relieve()
    }
    return { shop: { ...shop, seq: Math.max(shop.seq, end) }, records: count }
  }

  async *#replay(shopId: string, upTo: number): AsyncGenerator<readonly DayRecord[], boolean> {
    let shop = emptyShop()
    const apply = (records: readonly LogRecord[]): readonly DayRecord[] =>
      records.flatMap((record) => {
        const change = applyRecord(shop, record)
        shop = change.shop
        return change.day ?? []
      })
    let isWhole = true
    const archived = this.#archived(shopId)
    for (;;) {
      const next = await archived.next().catch(() => undefined)
      if (next === undefined) isWhole = false
      if (next === undefined || next.done) break
      yield apply(next.value)
    }
    for await (const records of this.#reader.records(shopId, shop.seq, upTo)) yield apply(records)
    return isWhole
  }

  /** The events that the log does not have any more, in batches. */
  async *#archived(shopId: string): AsyncGenerator<readonly LogEntry[]> {
    if (this.#archive === undefined) return
    const before = await this.#reader.firstSeq(shopId)
    for (let after = 0; ; ) {
      const entries = await this.#archive.oldest(shopId, ARCHIVED_AT_ONCE, { after, before })
      if (entries.length > 0) yield entries
      if (entries.length < ARCHIVED_AT_ONCE) return
      after = entries.at(-1)?.event.seq ?? before
    }
  }
}

/** Nothing of a shop is kept when the log has lost records that it was made from: the machine crashed, or somebody deleted them. */
function kept(shop: Shop, end: number): Shop {
  return end < shop.seq ? emptyShop() : shop
}
