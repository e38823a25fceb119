import { ResError } from "res-service"
import { isApiError, WRONG_LAST_SEQUENCE } from "../jetstream/api-error.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Log } from "../log/log.ts"
import { partitionOf } from "../log/subjects.ts"
import { type Day, emptyDay } from "../projections/day.ts"
import { type DayOrigin, readDay, writeDay } from "./day-entry.ts"

const BUCKET = "days"

/** How long a day is kept that does not change, in ms: a year and a month. */
const KEEP_MS = 400 * 24 * 60 * 60 * 1000

/** A stored day and its revision; revision 0: none is stored yet. */
export interface StoredDay {
  readonly day: Day
  readonly revision: number
}

/**
 * Keeps the figures of shops' days in a JetStream KV bucket: key `<partition>.<shop_id>.<date>`. The key `<partition>.<shop_id>.mark`
 * has the origin of the days that are stored up to the shop's snapshot. Methods throw `system.serviceUnavailable` when JetStream does not answer,
 * and those that write also when another process owns the shop, or there is another log.
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

  /** Whether a shop's days of an origin are complete up to its snapshot. */
  async isComplete(shopId: string, { log, zone }: DayOrigin): Promise<boolean> {
    const mark = (await this.#bucket.get(keyOf(shopId, "mark")))?.json<DayOrigin>()
    return mark?.log === log && mark.zone === zone
  }

  async markComplete(shopId: string, origin: DayOrigin): Promise<void> {
    this.#checkMayWrite(shopId, origin)
    await this.#bucket.put(keyOf(shopId, "mark"), JSON.stringify(origin))
  }

  async read(shopId: string, date: string, origin: DayOrigin): Promise<StoredDay> {
    const entry = await this.#bucket.entry(keyOf(shopId, date))
    const stored = entry?.operation === "PUT" ? readDay(entry.string(), origin) : undefined
    return { day: stored ?? emptyDay(), revision: entry?.revision ?? 0 }
  }

  /**
   * Replaces the entry with a revision. Resolves to the new revision. An owner's entry counts: when somebody else has written meanwhile, it
   * was a former owner, or this process, which was not told that its own write succeeded.
   */
  async write(shopId: string, date: string, origin: DayOrigin, { day, revision }: StoredDay): Promise<number> {
    this.#checkMayWrite(shopId, origin)
    const [key, text] = [keyOf(shopId, date), writeDay(day, origin)]
    try {
      return await this.#bucket.replace(key, text, revision)
    } catch (error) {
      if (!isApiError(error, WRONG_LAST_SEQUENCE)) throw error
      const entry = await this.#bucket.entry(key)
      this.#checkMayWrite(shopId, origin)
      return await this.#bucket.replace(key, text, entry?.revision ?? 0)
    }
  }

  #checkMayWrite(shopId: string, { log }: DayOrigin): void {
    if (log !== this.#log.created || !this.#isOwned(shopId)) throw new ResError("system.serviceUnavailable")
  }
}

function keyOf(shopId: string, name: string): string {
  return `${partitionOf(shopId)}.${shopId}.${name}`
}
