import { dayKey } from "./zone-time.ts"

/** As many decimals as the service uses, so that 0.001 is not shown as 0. */
const MOST_DECIMALS = 8
/** Decimals of amounts without a currency. */
const USUAL_DECIMALS = 2

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const

export interface FormatOptions {
  /** A BCP 47 language tag. */
  readonly locale: string
  /** An ISO 4217 code; null shows amounts without a currency. */
  readonly currency?: string | null
  /** An IANA name; the device's own by default. */
  readonly timeZone?: string | undefined
}

/** Writes amounts, counts and times for people: in their language, in the shop's currency and time zone. */
export class Format {
  readonly locale: string
  readonly currency: string | null
  readonly timeZone: string | undefined
  readonly #money: Intl.NumberFormat
  readonly #average: Intl.NumberFormat
  readonly #count: Intl.NumberFormat
  readonly #clock: Intl.DateTimeFormat
  readonly #shortClock: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #dayOfYear: Intl.DateTimeFormat
  readonly #weekday: Intl.DateTimeFormat
  readonly #weekdayOfYear: Intl.DateTimeFormat
  readonly #dayAndClock: Intl.DateTimeFormat
  readonly #dayAndShortClock: Intl.DateTimeFormat
  readonly #date: Intl.DateTimeFormat
  readonly #weekdayName: Intl.DateTimeFormat
  readonly #timeOfDay: Intl.DateTimeFormat
  readonly #axis: Intl.NumberFormat
  readonly #percent: Intl.NumberFormat
  readonly #change: Intl.NumberFormat
  readonly #list: Intl.ListFormat

  constructor({ locale, currency = null, timeZone }: FormatOptions) {
    this.locale = locale
    this.currency = currency
    this.timeZone = timeZone
    const money: Intl.NumberFormatOptions =
      currency === null ? { minimumFractionDigits: USUAL_DECIMALS } : { style: "currency", currency }
    this.#money = new Intl.NumberFormat(locale, { ...money, maximumFractionDigits: MOST_DECIMALS })
    this.#average = new Intl.NumberFormat(locale, {
      ...money,
      ...(currency === null && { maximumFractionDigits: USUAL_DECIMALS }),
    })
    this.#count = new Intl.NumberFormat(locale)
    const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, timeZone })
    this.#clock = date({ ...CLOCK, second: "2-digit" })
    this.#shortClock = date(CLOCK)
    this.#day = date({ day: "numeric", month: "short" })
    this.#dayOfYear = date({ day: "numeric", month: "short", year: "numeric" })
    this.#weekday = date({ weekday: "long", day: "numeric", month: "long" })
    this.#weekdayOfYear = date({ weekday: "long", day: "numeric", month: "long", year: "numeric" })
    this.#dayAndClock = date({ dateStyle: "medium", timeStyle: "medium" })
    this.#dayAndShortClock = date({ ...CLOCK, day: "numeric", month: "short" })
    // A date has no zone; these write that of UTC, at which Date.parse reads it.
    this.#date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" })
    this.#weekdayName = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" })
    this.#timeOfDay = new Intl.DateTimeFormat(locale, { ...CLOCK, timeZone: "UTC" })
    this.#axis = new Intl.NumberFormat(locale, {
      ...money,
      minimumFractionDigits: 0,
      maximumFractionDigits: MOST_DECIMALS,
    })
    this.#percent = new Intl.NumberFormat(locale, { style: "percent" })
    this.#change = new Intl.NumberFormat(locale, { style: "percent", signDisplay: "exceptZero" })
    this.#list = new Intl.ListFormat(locale)
  }

  /** An exact amount, with all its decimals. */
  money(amount: number): string {
    return this.#money.format(amount)
  }

  /** An amount rounded to the currency's decimals, for one that was computed by a division. */
  average(amount: number): string {
    return this.#average.format(amount)
  }

  count(count: number): string {
    return this.#count.format(count)
  }

  /** `one, two, and three` */
  list(texts: readonly string[]): string {
    return this.#list.format(texts)
  }

  /** `14:03:20` */
  clock(at: string | Date): string {
    return this.#clock.format(new Date(at))
  }

  /** `14:03` */
  shortClock(at: string | Date): string {
    return this.#shortClock.format(new Date(at))
  }

  /** `14:03:20` today, `24 Nov, 14:03:20` on other days. */
  time(at: string | Date, today: string): string {
    return [this.otherDay(at, today), this.clock(at)].filter((part) => part !== undefined).join(", ")
  }

  /** The day, such as `24 Nov`, unless it is `today`; with the year unless it is this year. */
  otherDay(at: string | Date, today: string): string | undefined {
    const date = new Date(at)
    const day = this.dayKey(date)
    if (day === today) return undefined
    return (day.slice(0, 4) === today.slice(0, 4) ? this.#day : this.#dayOfYear).format(date)
  }

  /** `Thursday, 26 November`, with the year unless it is this year. */
  day(at: string): string {
    const date = new Date(at)
    const isThisYear = this.dayKey(date).slice(0, 4) === this.dayKey(new Date()).slice(0, 4)
    return (isThisYear ? this.#weekday : this.#weekdayOfYear).format(date)
  }

  dayAndClock(at: string | number | Date): string {
    return this.#dayAndClock.format(new Date(at))
  }

  /** `24 Nov, 14:03` */
  dayAndShortClock(at: string | Date): string {
    return this.#dayAndShortClock.format(new Date(at))
  }

  /** A date such as `2026-11-24` as `24 Nov`. */
  date(date: string): string {
    return this.#date.format(new Date(date))
  }

  /** The weekday of a date such as `2026-11-24`. */
  weekday(date: string): string {
    return this.#weekdayName.format(new Date(date))
  }

  /** A time of a shop's clock, such as `14:05`, as the language writes it. */
  timeOfDay(time: string): string {
    return this.#timeOfDay.format(new Date(`1970-01-01T${time}:00Z`))
  }

  /** A round amount beside an axis, without decimals that say nothing. */
  axis(amount: number): string {
    return this.#axis.format(amount)
  }

  /** 0.34 as `34%` */
  percent(ratio: number): string {
    return this.#percent.format(ratio)
  }

  /** 0.12 as `+12%` */
  change(ratio: number): string {
    return this.#change.format(ratio)
  }

  /** The day in the time zone as `YYYY-MM-DD`, for comparisons. */
  dayKey(at: Date): string {
    return dayKey(at, this.timeZone)
  }
}

/** What people call a basket: the first part of its session's ID. */
export const basketName = (sessionId: string): string => sessionId.slice(0, 8)
