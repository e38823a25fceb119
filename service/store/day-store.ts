import { ResError } from "res-service"
import { isApiError, WRONG_LAST_SEQUENCE } from "../jetstream/api-error.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Log } from "../log/log.ts"
import { partitionOf } from "../log/subjects.ts"
import { type Day, emptyDay } from "../projections/day.ts"
import { readDay, writeDay } from "./day-entry.ts"

const BUCKET = "days"

/** How long a day is kept that does not change, in ms: a year and a month. */
const KEEP_MS = 400 * 24 * 60 * 60 * 1000

/** For which log and zone the days of a shop are complete. */
export interface DaysMark {
  readonly log: string
  readonly zone: string
}

/** A stored day and its revision; revision 0: none is stored yet. */
export interface StoredDay {
  readonly day: Day
  readonly revision: number
}

/**
 * Keeps the figures of shops' days in a JetStream KV bucket: key `<partition>.<shop_id>.<date>`, and `<partition>.<shop_id>.mark` for which
 * log and zone they are complete up to the shop's snapshot. Methods throw `system.serviceUnavailable` when JetStream does not answer, and
 * those that write also when another process owns the shop.
 */
export class DayStore {
  readonly #bucket: Bucket
  readonly #log: Pick<Log, "created">
  readonly #isOwned: (shopId: string) => boolean

  /** @param isOwned whether this process owns a shop now: only then may it write */
  constructor(js: JetStream, log: Pick<Log, "created">, isOwned: (shopId: string) => boolean) {
    this.#bucket = new Bucket(js, BUCKET, { ttlMs: KEEP_MS })
    this.#log = log
    this.#isOwned = isOwned
  }

  async open(): Promise<void> {
    await this.#bucket.open()
  }

  /** Calls `listener` when the bucket was lost, with all days. */
  onLost(listener: () => void): void {
    this.#bucket.onReplaced(listener)
  }

  /** Whether a shop's days are complete up to its snapshot, for the log and this zone. */
  async isComplete(shopId: string, zone: string): Promise<boolean> {
    const mark = (await this.#bucket.get(keyOf(shopId, "mark")))?.json<DaysMark>()
    return mark?.log === this.#log.created && mark.zone === zone
  }

  async markComplete(shopId: string, zone: string): Promise<void> {
    this.#checkOwned(shopId)
    const mark: DaysMark = { log: this.#log.created, zone }
    await this.#bucket.put(keyOf(shopId, "mark"), JSON.stringify(mark))
  }

  async read(shopId: string, date: string, zone: string): Promise<StoredDay> {
    const entry = await this.#bucket.entry(keyOf(shopId, date))
    const stored = entry?.operation === "PUT" ? readDay(entry.string(), this.#log.created, zone) : undefined
    return { day: stored ?? emptyDay(), revision: entry?.revision ?? 0 }
  }

  /**
   * Replaces the entry with a revision. Resolves to the new revision. An owner's entry counts: when somebody else has written meanwhile, it
   * was a former owner, or this process, which was not told that its own write succeeded.
   */
  async write(shopId: string, date: string, zone: string, { day, revision }: StoredDay): Promise<number> {
    this.#checkOwned(shopId)
    const [key, text] = [keyOf(shopId, date), writeDay(day, this.#log.created, zone)]
    try {
      return await this.#bucket.replace(key, text, revision)
    } catch (error) {
      if (!isApiError(error, WRONG_LAST_SEQUENCE)) throw error
      this.#checkOwned(shopId)
      return await this.#bucket.replace(key, text, (await this.#bucket.entry(key))?.revision ?? 0)
    }
  }

  #checkOwned(shopId: string): void {
    if (!this.#isOwned(shopId)) throw new ResError("system.serviceUnavailable")
  }
}

function keyOf(shopId: string, name: string): string {
  return `${partitionOf(shopId)}.${shopId}.${name}`
}
