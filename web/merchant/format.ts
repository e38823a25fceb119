const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const whole = new Intl.NumberFormat()
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
})
const shortClock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" })

/** An amount, without a currency: events have none. */
export const asMoney = (amount: number): string => money.format(amount)

export const asCount = (count: number): string => whole.format(count)

/** `14:03:20` */
export const asClock = (iso: string | Date): string => clock.format(new Date(iso))

/** `14:03` */
export const asShortClock = (iso: string | Date): string => shortClock.format(new Date(iso))

export const asDayAndClock = (iso: string | number | Date): string => dayAndClock.format(new Date(iso))

/** What people call a basket: the first part of its session's ID. */
export const basketName = (sessionId: string): string => sessionId.slice(0, 8)

/** `1 item`, `2 items` */
export const asItems = (count: number): string => `${asCount(count)} ${count === 1 ? "item" : "items"}`
