const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S
/** Shorter times count as now. */
const NOW_S = 10
/** Seconds are shown in steps, so that a list does not flicker. */
const STEP_S = 10

/** How long ago: a number of units, always rounded down. A time in the future, by a clock that is wrong, is now. */
export function ageOf(at: string, now: number): readonly [count: number, unit: "second" | "minute" | "hour" | "day"] {
  const ageS = Math.max(0, now - Date.parse(at)) / 1000
  if (ageS < NOW_S) return [0, "second"]
  if (ageS < MINUTE_S) return [Math.floor(ageS / STEP_S) * STEP_S, "second"]
  if (ageS < HOUR_S) return [Math.floor(ageS / MINUTE_S), "minute"]
  if (ageS < DAY_S) return [Math.floor(ageS / HOUR_S), "hour"]
  return [Math.floor(ageS / DAY_S), "day"]
}

const formats = new Map<string, Intl.RelativeTimeFormat>()

/** `4 min ago`, or `now`, in a language. */
export function relativeTime(at: string, now: number, locale: string): string {
  let format = formats.get(locale)
  if (format === undefined) {
    format = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" })
    formats.set(locale, format)
  }
  const [count, unit] = ageOf(at, now)
  return format.format(-count, unit)
}
