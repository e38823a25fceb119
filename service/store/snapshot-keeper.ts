import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "res-service"

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
 * records, and stores one snapshot after the other: even with very busy shops it takes a small share of the time.
 */
export class SnapshotKeeper {
  readonly #save: (shopId: string) => Promise<void>
  readonly #logger: Logger
  /** By shop; the least recently active one comes first. */
  readonly #counts = new Map<string, Counted>()
  readonly #due = new Set<string>()
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined
  #lookedAt = 0

  /** @param save brings a shop's snapshot up to date */
  constructor(save: (shopId: string) => Promise<void>, logger: Logger) {
    this.#save = save
    this.#logger = logger
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

  /** Counts and stores nothing more for some shops, which belong to another process now. */
  forgetWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of this.#due) if (condition(shopId)) this.#due.delete(shopId)
    for (const shopId of this.#counts.keys()) if (condition(shopId)) this.#counts.delete(shopId)
  }

  /** Requests a snapshot of a shop; it is stored soon. */
  request(shopId: string): void {
    if (this.#stopping.signal.aborted) return
    this.#due.add(shopId)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Stores no more snapshots. Resolves when the current one is stored. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping
    for (const shopId of this.#due) {
      this.#due.delete(shopId)
      try {
        await this.#save(shopId)
        await sleep(PAUSE_MS, undefined, { signal })
      } catch (error) {
        if (signal.aborted) return
        this.#logger.warn({ err: error, shopId }, "could not store a snapshot; later ones are tried again")
      }
    }
  }
}
