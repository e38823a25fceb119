/** How the widget writes amounts and times. */
export interface Formats {
  /** An amount of the shop's currency. */
  readonly price: (amount: number) => string
  /** The time of day of an instant (ISO 8601). */
  readonly time: (instant: string) => string
}

/** @param locale a language tag */
export function timeFormat(locale: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" })
  return (instant) => format.format(new Date(instant))
}
