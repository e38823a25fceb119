const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** No zone has a transition within a quarter of an hour of UTC, and all offsets are whole quarters. */
const QUARTER_MS = 15 * MINUTE_MS

/** Zones are at most 14 hours ahead of UTC and 12 behind; a day and a transition more is enough to search for a midnight. */
const SEARCHED_MS = 16 * 60 * MINUTE_MS

/** Most quarters that are remembered: ten days. */
const MAX_REMEMBERED = 960

/** A quarter of an hour of UTC as a zone has it: it is within one date. */
interface Quarter {
  readonly offset: number
  readonly date: string
}

/** The calendar of a time zone. Days begin at its midnight, so some have 23 or 25 hours. Times are in ms since the epoch. */
export class ZoneClock {
  readonly zone: string
  readonly #format: Intl.DateTimeFormat
  /** By number since the epoch. Asking `Intl` takes as long as counting ten events. */
  readonly #quarters = new Map<number, Quarter>()

  /** @param zone an IANA name. Throws a `RangeError` if there is no such zone */
  constructor(zone: string) {
    this.zone = zone
    this.#format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" })
  }

  /** The date at a time: `YYYY-MM-DD`. */
  dateAt(time: number): string {
    return this.#quarter(time).date
  }

  /** Minutes of the clock since midnight at a time. An hour that is repeated has the same minutes twice. */
  minuteAt(time: number): number {
    return Math.floor(((time + this.#quarter(time).offset) % DAY_MS) / MINUTE_MS)
  }

  /** When a date begins: usually at midnight, but some zones skip that hour. */
  startOf(date: string): number {
    const midnight = Date.parse(date)
    let [before, after] = [midnight - SEARCHED_MS, midnight + SEARCHED_MS]
    while (after - before > QUARTER_MS) {
      const middle = before + Math.floor((after - before) / 2 / QUARTER_MS) * QUARTER_MS
      if (this.dateAt(middle) < date) before = middle
      else after = middle
    }
    return after
  }

  /** When a date ends, and the next one begins. */
  endOf(date: string): number {
    return this.startOf(isoDate(Date.parse(date) + DAY_MS))
  }

  #quarter(time: number): Quarter {
    const number = Math.floor(time / QUARTER_MS)
    const known = this.#quarters.get(number)
    if (known !== undefined) return known
    const start = number * QUARTER_MS
    const offset = this.#askOffset(start)
    const quarter = { offset, date: isoDate(start + offset) }
    if (this.#quarters.size >= MAX_REMEMBERED) this.#quarters.clear()
    this.#quarters.set(number, quarter)
    return quarter
  }

  #askOffset(time: number): number {
    // "GMT" in a zone at UTC, else "GMT+05:30".
    const text = this.#format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? ""
    const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
    const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS
    return sign === "-" ? -offset : offset
  }
}

function isoDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
