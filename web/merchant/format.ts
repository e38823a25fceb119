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
  readonly #dayKey: Intl.DateTimeFormat

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
    this.#dayKey = new Intl.DateTimeFormat("en-CA-u-ca-gregory-nu-latn", {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      timeZone,
    })
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

  /** The day in the time zone as `YYYY-MM-DD`, for comparisons. */
  dayKey(at: Date): string {
    return this.#dayKey.format(at)
  }
}

/** What people call a basket: the first part of its session's ID. */
export const basketName = (sessionId: string): string => sessionId.slice(0, 8)
