import type { LogReader } from "../log/reader.ts"
import { applyRecord, emptyShop, type Shop } from "../projections/shop.ts"
import type { Snapshots } from "./snapshots.ts"

/** A shop's state, and how many records were read for it. */
export interface Read {
  readonly shop: Shop
  readonly records: number
}

/** Makes a shop from its snapshot and the log's records after it; without a snapshot, from all records of the log. */
export class ShopLoader {
  readonly #snapshots: Snapshots
  readonly #reader: LogReader

  constructor(snapshots: Snapshots, reader: LogReader) {
    this.#snapshots = snapshots
    this.#reader = reader
  }

  /** @throws {ResError} `system.serviceUnavailable`: JetStream does not answer */
  async load(shopId: string): Promise<Read> {
    return await this.goOn(shopId, (await this.#snapshots.read(shopId)) ?? emptyShop())
  }

  /** Reads on to the current end of the shop's log. `from` must not be used any more. Throws as `load`. */
  async goOn(shopId: string, from: Shop): Promise<Read> {
    const end = await this.#reader.newestRecordSeq(shopId)
    // The log has lost records that the shop was made from: the machine crashed, or somebody deleted them.
    let shop = end < from.seq ? emptyShop() : from
    let count = 0
    for await (const records of this.#reader.records(shopId, shop.seq, end)) {
      for (const record of records) shop = applyRecord(shop, record).shop
      count += records.length
    }
    return { shop: { ...shop, seq: Math.max(shop.seq, end) }, records: count }
  }
}
