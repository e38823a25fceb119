import type { Logger } from "res-service"
import { PacedShops } from "./paced-shops.ts"

/** A shop gets a new snapshot after this many records, which are read in a few ms. */
export const SNAPSHOT_EVERY = 1000

/** A shop with fewer records gets a snapshot after this time, in ms, long before the log drops them: its days would miss them. */
const SNAPSHOT_AFTER_MS = 6 * 60 * 60 * 1000

/** How often to look for such shops, in ms. */
const LOOK_INTERVAL_MS = 60_000

/** Most shops whose records are counted; the least recently active ones are dropped first. */
const MAX_COUNTED = 20_000

/** Time between two snapshots of any shops, in ms. */
const PAUSE_MS = 500

/** The records of a shop since its last snapshot. */
interface Counted {
  readonly count: number
  /** When the first of them came, in ms since the epoch. */
  readonly since: number
}

/**
 * Keeps the snapshots of busy shops fresh, even when nobody looks at them, so that their first `get` has little to read. It counts
 * records, and stores one snapshot after the other.
 */
export class SnapshotKeeper {
  readonly #saves: PacedShops
  /** By shop; the least recently active one comes first. */
  readonly #counts = new Map<string, Counted>()
  #lookedAt = 0

  /** @param save brings a shop's snapshot up to date */
  constructor(save: (shopId: string) => Promise<void>, logger: Logger) {
    this.#saves = new PacedShops(PAUSE_MS, async (shopId) => {
      try {
        await save(shopId)
      } catch (error) {
        logger.warn({ err: error, shopId }, "could not store a snapshot; later ones are tried again")
      }
    })
  }

  /** Counts a record of a shop. Returns how many there were since its last snapshot, as far as is known. */
  count(shopId: string): number {
    const known = this.#counts.get(shopId) ?? { count: 0, since: Date.now() }
    const count = known.count + 1
    this.#counts.delete(shopId)
    if (count >= SNAPSHOT_EVERY) this.request(shopId)
    else this.#counts.set(shopId, { ...known, count })
    if (this.#counts.size > MAX_COUNTED) {
      const [longest = shopId] = this.#counts.keys()
      this.#counts.delete(longest)
    }
    return count
  }

  /** Requests snapshots of the shops whose records have waited for long. Call it often. @param now in ms since the epoch */
  passTime(now: number): void {
    if (Math.abs(now - this.#lookedAt) < LOOK_INTERVAL_MS) return
    this.#lookedAt = now
    for (const [shopId, { since }] of this.#counts) {
      if (now - since < SNAPSHOT_AFTER_MS) continue
      this.#counts.delete(shopId)
      this.request(shopId)
    }
  }

  /** Stores nothing for some shops, which belong to another process now. */
  forgetWhere(condition: (shopId: string) => boolean): void {
    this.#saves.forgetWhere(condition)
    for (const shopId of this.#counts.keys()) if (condition(shopId)) this.#counts.delete(shopId)
  }

  /** Requests a snapshot of a shop; it is stored soon. */
  request(shopId: string): void {
    this.#saves.request(shopId)
  }

  /** Stores no more snapshots. Resolves when the current one is stored. */
  async stop(): Promise<void> {
    await this.#saves.stop()
  }
}
