import type { LogReader } from "../log/reader.ts"
import { applyRecord, emptyShop, type Shop } from "./shop-projection.ts"
import type { Snapshots } from "./snapshots.ts"

/** A shop as the log has made it so far, and how many records were read for that. */
export interface Read {
  readonly shop: Shop
  readonly records: number
}

/** Makes shops from their snapshot and what the log has behind it; without one, from all that the log has. */
export class ShopLoader {
  readonly #snapshots: Snapshots
  readonly #reader: LogReader

  constructor(snapshots: Snapshots, reader: LogReader) {
    this.#snapshots = snapshots
    this.#reader = reader
  }

  /** Rejects with `system.serviceUnavailable` when the log does not answer. */
  async load(shopId: string): Promise<Read> {
    return await this.goOn(shopId, (await this.#snapshots.read(shopId)) ?? emptyShop())
  }

  /** Reads on to where the shop's log ends now. Takes `from` over. */
  async goOn(shopId: string, from: Shop): Promise<Read> {
    const end = await this.#reader.newestRecordSeq(shopId)
    // A log that has lost what the shop was made of: to a crash of the machine, or because somebody had it deleted.
    let shop = end < from.seq ? emptyShop() : from
    let count = 0
    for await (const records of this.#reader.records(shopId, shop.seq, end)) {
      for (const record of records) shop = applyRecord(shop, record).shop
      count += records.length
    }
    return { shop: { ...shop, seq: Math.max(shop.seq, end) }, records: count }
  }
}
