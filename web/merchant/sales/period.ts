import { isDay } from "../locale/local-day.ts"

/** Most days that can be asked for at once; the service's limit. */
export const MOST_DAYS = 92
const DAY_MS = 24 * 60 * 60 * 1000

/** Days of a shop, both included. */
export interface Dates {
  readonly from: string
  readonly to: string
}

/** The days whose sales are shown: today, the last 7 or 30 days with today, or from one day to another. */
export interface Period extends Dates {
  readonly kind: "today" | "7" | "30" | "dates"
}

/** The period that an address names, as `7` or `2026-11-01..2026-11-20`; today, if it names none. */
export function periodOf(text: string, today: string): Period {
  if (text === "7" || text === "30") return { kind: text, from: daysLater(today, 1 - Number(text)), to: today }
  const [from = "", to = ""] = text.split("..")
  if (isDay(from) && isDay(to) && isPossible({ from, to })) return { kind: "dates", from, to }
  return { kind: "today", from: today, to: today }
}

/** How an address names a period: empty for today. */
export function textOf(period: Period): string {
  if (period.kind === "today") return ""
  return period.kind === "dates" ? `${period.from}..${period.to}` : period.kind
}

/** Whether these days can be shown: not backwards, and not too many. */
export function isPossible(dates: Dates): boolean {
  return dates.from <= dates.to && lengthOf(dates) <= MOST_DAYS
}

/** The same number of days just before; for today, yesterday. */
export function datesBefore({ from, to }: Dates): Dates {
  const length = lengthOf({ from, to })
  return { from: daysLater(from, -length), to: daysLater(from, -1) }
}

export function lengthOf({ from, to }: Dates): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
}

/** The day that is some days later, or earlier. */
export function daysLater(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
}
