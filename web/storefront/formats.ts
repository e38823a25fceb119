/** How the widget writes amounts and times. */
export interface Formats {
  /** An amount of the shop's currency. */
  readonly price: (amount: number) => string
  /** An instant (ISO 8601): the time of day, with the weekday if it is not today. */
  readonly time: (instant: string) => string
  readonly minutes: (count: number) => string
}

/** @param locale a language tag */
export function timeFormats(locale: string): Omit<Formats, "price"> {
  const time = { hour: "numeric", minute: "2-digit" } as const
  const today = new Intl.DateTimeFormat(locale, time)
  const otherDay = new Intl.DateTimeFormat(locale, { ...time, weekday: "short" })
  const minutes = new Intl.NumberFormat(locale, { style: "unit", unit: "minute", unitDisplay: "long" })
  return {
    time: (instant) => {
      const date = new Date(instant)
      return (date.toDateString() === new Date().toDateString() ? today : otherDay).format(date)
    },
    minutes: (count) => minutes.format(count),
  }
}
