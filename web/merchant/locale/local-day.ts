const DAY = /^\d{4}-\d\d-\d\d$/

/** True for a day as it stands in an address: `2026-11-26`, and it exists. */
export function isDay(text: string): boolean {
  return DAY.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true
}

/**
 * The instant at which a day begins in a time zone, in ms since the epoch; the device's own zone if it is undefined. Where the clock
 * skips midnight, the day begins with the first time that there is.
 */
export function startOfDay(day: string, timeZone: string | undefined): number {
  const wanted = Date.parse(`${day}T00:00:00Z`)
  // The offset at the first guess may be another one than at midnight itself, so look twice.
  const guess = wanted - offsetMs(wanted, timeZone)
  const exact = wanted - offsetMs(guess, timeZone)
  return Math.max(exact, wanted - offsetMs(exact, timeZone))
}

/** The day after another one. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
}

/** A local time: the weekday from Monday (0), and the minute of the day. */
export function weekTime(at: number, timeZone: string | undefined): readonly [weekday: number, minute: number] {
  const local = new Date(at + offsetMs(at, timeZone))
  return [(local.getUTCDay() + 6) % 7, local.getUTCHours() * 60 + local.getUTCMinutes()]
}

const clocks = new Map<string | undefined, Intl.DateTimeFormat>()

/** How much a zone's clock is ahead of UTC, in ms. */
function offsetMs(at: number, timeZone: string | undefined): number {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    })
    clocks.set(timeZone, clock)
  }
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day, hour, minute, second } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}
