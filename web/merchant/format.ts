/** As many decimals as the service uses, so that 0.001 is not shown as 0. */
const MOST_DECIMALS = 8

const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: MOST_DECIMALS })
const whole = new Intl.NumberFormat()
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})
const shortClock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" })

/** An amount, without a currency: events have none. */
export const asMoney = (amount: number): string => money.format(amount)

export const asCount = (count: number): string => whole.format(count)

/** `14:03:20` */
export const asClock = (iso: string | Date): string => clock.format(new Date(iso))

/** `14:03` */
export const asShortClock = (iso: string | Date): string => shortClock.format(new Date(iso))

/** The day, such as `24 Nov`, unless it is today; with the year unless it is this year. */
export function asOtherDay(iso: string | Date, today: Date): string | undefined {
  const date = new Date(iso)
  if (date.toDateString() === today.toDateString()) return undefined
  return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date)
}

/** `14:03:20` today, `24 Nov, 14:03:20` on other days. */
export function asTime(iso: string | Date, today: Date): string {
  return [asOtherDay(iso, today), asClock(iso)].filter((part) => part !== undefined).join(", ")
}

export const asDayAndClock = (iso: string | number | Date): string => dayAndClock.format(new Date(iso))

/** What people call a basket: the first part of its session's ID. */
export const basketName = (sessionId: string): string => sessionId.slice(0, 8)

/** `1 item`, `2 items` */
export const asItems = (count: number): string => `${asCount(count)} ${count === 1 ? "item" : "items"}`
