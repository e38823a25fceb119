import type { LogReader } from "../log/reader.ts"
import type { DayRecord } from "../projections/day.ts"
import { applyRecord, emptyShop, type Shop } from "../projections/shop.ts"
import { DayBook, type DaySources } from "./day-book.ts"
import type { Snapshots } from "./snapshots.ts"

/** A shop's state, and how many records were read for it. */
export interface Read {
  readonly shop: Shop
  readonly records: number
}

/** With the figures of its days. */
export interface Loaded extends Read {
  readonly book: DayBook
}

/** Makes a shop from its snapshot and the log's records after it; without a snapshot, from all records of the log. */
export class ShopLoader {
  readonly #snapshots: Snapshots
  readonly #reader: LogReader
  readonly #days: DaySources
  readonly #log: () => string

  /** @param log when the stream was made that there is now */
  constructor(snapshots: Snapshots, reader: LogReader, days: Omit<DaySources, "replay">, log: () => string) {
    this.#snapshots = snapshots
    this.#reader = reader
    this.#days = { ...days, replay: (shopId, upTo) => this.#replay(shopId, upTo) }
    this.#log = log
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

  async *#replay(shopId: string, upTo: number): AsyncGenerator<readonly DayRecord[]> {
    let shop = emptyShop()
    for await (const records of this.#reader.records(shopId, 0, upTo)) {
      const days: DayRecord[] = []
      for (const record of records) {
        const change = applyRecord(shop, record)
        shop = change.shop
        if (change.day !== undefined) days.push(change.day)
      }
      yield days
    }
  }
}

/** Nothing of a shop is kept when the log has lost records that it was made from: the machine crashed, or somebody deleted them. */
function kept(shop: Shop, end: number): Shop {
  return end < shop.seq ? emptyShop() : shop
}
