import type { Profile } from "../../contract/profile.ts"
import { applyToDay, byDate, type Day, type DayRecord } from "../projections/day.ts"
import { ZoneClock } from "../projections/zone-clock.ts"
import type { DayOrigin } from "./day-entry.ts"
import type { DayStore } from "./day-store.ts"

/** Most days in memory: the last one, and one before it that late records change. */
const MAX_DAYS_OPEN = 2

/** Most records that wait while a shop is loaded, so that a long log does not fill the memory. */
const MAX_WAITING = 1000

/** What a book needs of its shop. */
export interface DaySources {
  readonly store: Pick<DayStore, "isComplete" | "markComplete" | "read" | "write">
  profileOf(shopId: string): Promise<Profile>
  /**
   * The records of the shop's log from its beginning up to a sequence, in batches; first those that only the archive still has. Returns
   * false when the archive did not answer.
   */
  replay(shopId: string, upTo: number): AsyncGenerator<readonly DayRecord[], boolean>
}

/** Where the records of a book begin. */
export interface DayBegin {
  /** The log that they are of, by the time when its stream was made. */
  readonly log: string
  /**
   * The sequence of the snapshot that the shop was loaded from: records up to it are in stored days, if these are complete. 0: it has none,
   * and all records of the log follow.
   */
  readonly from: number
  /** The end of the log when the shop was loaded. A later sequence in a stored day was lost, and belongs to other records now. */
  readonly end: number
}

interface OpenDay {
  day: Day
  revision: number
  /** It is not stored yet as it is. */
  changed: boolean
}

/** A shop's calendar, and what its profile says about days. */
export interface DaySettings {
  readonly clock: ZoneClock
  readonly abandonedAfterMs: number
}

/**
 * The figures of a shop's days. It takes each record of the log in order, and has hardly more in memory than the day of the last record.
 * Nothing is read before somebody asks for a day, or the shop gets a snapshot.
 *
 * A stored day has the sequence up to which records are in it, so that a replay counts nothing twice. Days are stored before each snapshot
 * of the shop: all records that a snapshot includes are in a stored day, and the others are read from the log again.
 */
export class DayBook {
  readonly #shopId: string
  readonly #sources: DaySources
  readonly #begin: DayBegin
  #settings: DaySettings | undefined
  #isComplete = false
  /** Something is missing that the archive may have: the next book of the shop tries again. */
  #isPartial = false
  #records: DayRecord[] = []
  readonly #days = new Map<string, OpenDay>()
  #lastDate = ""
  /** Tasks run one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(shopId: string, sources: DaySources, begin: DayBegin) {
    this.#shopId = shopId
    this.#sources = sources
    this.#begin = begin
  }

  /** Takes the next record. Returns the dates that it changes, or none before the first day was asked for. */
  add(record: DayRecord): readonly string[] {
    this.#records.push(record)
    if (this.#settings === undefined) return []
    return byDate(this.#settings.clock, record).map(([date]) => date)
  }

  /** Makes room after many records. Call it while records are replayed. */
  async relieve(): Promise<void> {
    if (this.#records.length >= MAX_WAITING) await this.#inTurn(async () => this.#count((await this.#open()).clock))
  }

  /** The shop's calendar. */
  async settings(): Promise<DaySettings> {
    return this.#settings ?? (await this.#inTurn(() => this.#open()))
  }

  /** A day with all records so far. Do not change it. */
  async day(date: string): Promise<Day> {
    return await this.#inTurn(async () => {
      const { clock } = await this.#open()
      await this.#count(clock)
      return (this.#days.get(date) ?? (await this.#sources.store.read(this.#shopId, date, this.#originOf(clock)))).day
    })
  }

  /** Stores all days as they are now. */
  async store(): Promise<void> {
    await this.#inTurn(async () => {
      const { clock } = await this.#open()
      await this.#count(clock)
      await this.#storeChanged(clock)
      if (!this.#isComplete && !this.#isPartial) await this.#markComplete(clock)
    })
  }

  async #markComplete(clock: ZoneClock): Promise<void> {
    await this.#sources.store.markComplete(this.#shopId, this.#originOf(clock))
    this.#isComplete = true
  }

  async #open(): Promise<DaySettings> {
    if (this.#settings !== undefined) return this.#settings
    const { time_zone, abandoned_after_s } = await this.#sources.profileOf(this.#shopId)
    const clock = new ZoneClock(time_zone)
    this.#isComplete = await this.#sources.store.isComplete(this.#shopId, this.#originOf(clock))
    if (!this.#isComplete) await this.#rebuild(clock)
    this.#settings = { clock, abandonedAfterMs: abandoned_after_s * 1000 }
    return this.#settings
  }

  /** Makes the days up to the snapshot again: the bucket is new, or the zone is another one. */
  async #rebuild(clock: ZoneClock): Promise<void> {
    this.#days.clear()
    const { from } = this.#begin
    const replay = this.#sources.replay(this.#shopId, from)
    let next = await replay.next()
    for (; !next.done; next = await replay.next()) {
      await this.#apply(clock, next.value)
      await this.#storeChanged(clock)
    }
    this.#isPartial = !next.value
    // A shop without a snapshot has days without a mark until it gets one.
    if (from > 0 && next.value) await this.#markComplete(clock)
  }

  /** Counts the records that have come since. */
  async #count(clock: ZoneClock): Promise<void> {
    while (this.#records.length > 0) {
      const records = this.#records
      this.#records = []
      try {
        await this.#apply(clock, records)
      } catch (error) {
        this.#records = [...records, ...this.#records]
        throw error
      }
    }
    if (this.#days.size > MAX_DAYS_OPEN) await this.#storeChanged(clock)
  }

  async #apply(clock: ZoneClock, records: readonly DayRecord[]): Promise<void> {
    for (const record of records) {
      for (const [date, own] of byDate(clock, record)) {
        const open = this.#days.get(date) ?? (await this.#read(clock, date, own.seq))
        const before = open.day
        open.day = applyToDay(before, clock, own)
        open.changed ||= open.day !== before
        this.#days.set(date, open)
      }
      this.#lastDate = clock.dateAt(record.at)
    }
  }

  /** @param seq of the first record that follows */
  async #read(clock: ZoneClock, date: string, seq: number): Promise<OpenDay> {
    const { day, revision } = await this.#sources.store.read(this.#shopId, date, this.#originOf(clock))
    return { day: { ...day, seq: Math.min(day.seq, Math.max(this.#begin.end, seq - 1)) }, revision, changed: false }
  }

  /** Stores the days that have changed, and keeps no other than the last. */
  async #storeChanged(clock: ZoneClock): Promise<void> {
    for (const [date, open] of this.#days) {
      if (open.changed) {
        open.changed = false
        try {
          open.revision = await this.#sources.store.write(this.#shopId, date, this.#originOf(clock), open)
        } catch (error) {
          open.changed = true
          throw error
        }
      }
      if (date !== this.#lastDate && !open.changed) this.#days.delete(date)
    }
  }

  #originOf({ zone }: ZoneClock): DayOrigin {
    return { log: this.#begin.log, zone }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => {})
    return done
  }
}
