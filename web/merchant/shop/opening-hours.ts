import type { OpeningHours } from "@shopwire/client"
import { weekTime } from "../locale/local-day.ts"

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const
const MINUTE_MS = 60_000

/**
 * Since when a shop has been open at a time, in ms since the epoch; undefined while it is closed. A shop that has not said its hours is
 * always open.
 */
export function openSince(hours: OpeningHours | null, timeZone: string, now: number): number | undefined {
  if (hours === null) return Number.NEGATIVE_INFINITY
  const [weekday, minute] = weekTime(now, timeZone)
  const spans = hours[days[weekday] ?? "mon"] ?? []
  const span = spans.find(([start, end]) => minuteOf(start) <= minute && minute < minuteOf(end))
  if (span === undefined) return undefined
  return Math.floor(now / MINUTE_MS) * MINUTE_MS - (minute - minuteOf(span[0])) * MINUTE_MS
}

/** The minute of the day of `09:30`. */
function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number)
  return hour * 60 + minute
}
