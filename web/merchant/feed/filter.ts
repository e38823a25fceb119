import { AMOUNT, type HistoryFilter, MAX_CATEGORY_LENGTH, MAX_FIND_LENGTH } from "@shopwire/client"
import { dayAfter, isDay, startOfDay } from "../locale/local-day.ts"

/** Which events to show, as in the page's address; empty texts select nothing. */
export interface Filter {
  readonly action: string
  readonly category: string
  /** A basket. */
  readonly session: string
  /** Looked for in products, UPCs and IDs. */
  readonly find: string
  /** Amounts of the basket's total. */
  readonly min: string
  readonly max: string
  /** Days, both included: `2026-11-26`. */
  readonly from: string
  readonly to: string
}

export const noFilter: Filter = {
  action: "",
  category: "",
  session: "",
  find: "",
  min: "",
  max: "",
  from: "",
  to: "",
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/**
 * What to ask the service for. Parts that mean nothing, such as a day that does not exist, are left out; undefined: nothing is left.
 *
 * @param timeZone in which the days begin
 */
export function historyFilter(filter: Filter, timeZone: string | undefined): HistoryFilter | undefined {
  const { action, category, session, find, min, max, from, to } = filter
  const given: HistoryFilter = {
    action: sought(action),
    category_id: category === "" || category.length > MAX_CATEGORY_LENGTH ? undefined : category,
    session_id: UUID_V4.test(session) ? session : undefined,
    find: sought(find),
    min_total: AMOUNT.test(min) ? Number(min) : undefined,
    max_total: AMOUNT.test(max) ? Number(max) : undefined,
    from: isDay(from) ? new Date(startOfDay(from, timeZone)).toISOString() : undefined,
    to: isDay(to) ? new Date(startOfDay(dayAfter(to), timeZone)).toISOString() : undefined,
  }
  return Object.values(given).some((value) => value !== undefined) ? given : undefined
}

/** A text that the service looks for. */
function sought(text: string): string | undefined {
  const usable = text.replaceAll("\0", "").trim().slice(0, MAX_FIND_LENGTH)
  return usable === "" ? undefined : usable
}
