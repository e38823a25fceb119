import { z } from "zod"
import { MAX_DAYS } from "./limits.ts"

/** The first and the last date that a shop's day can have. */
const [FIRST, LAST] = ["2000-01-01", "2199-12-31"]

const DATE = "expected a date such as 2026-03-29"

/** A calendar date of a shop, `YYYY-MM-DD`. */
export const ShopDate = z.iso
  .date(DATE)
  .refine((date) => date >= FIRST && date <= LAST, `expected a date from ${FIRST} to ${LAST}`)

/** Which days: both dates included. */
export const DaysQuery = z
  .object({ from: ShopDate, to: ShopDate })
  .refine(({ from, to }) => from <= to, { path: ["to"], message: "expected a date that is not before `from`" })
  .refine(({ from, to }) => datesBetween(from, to).length <= MAX_DAYS, {
    path: ["to"],
    message: `expected at most ${MAX_DAYS} days`,
  })
export type DaysQuery = z.infer<typeof DaysQuery>

/** The orders of five minutes. */
const Slice = z.object({
  /** The shop's time when they begin: `HH:MM`. In the hour that a clock repeats, both hours count together. */
  at: z.string(),
  orders: z.int(),
  sales: z.number(),
})

const DayProduct = z.object({
  product_id: z.int(),
  product_name: z.string(),
  /** How often it was added to a basket. */
  added: z.int(),
  /** How many were in the orders, and the sum of their lines. */
  sold: z.int(),
  value: z.number(),
})

/** The figures of one calendar day of a shop. Values are sums of baskets' lines, as exact decimals. */
export const Day = z.object({
  date: z.string(),
  time_zone: z.string(),
  /** From when to when it lasts; `ends_at` belongs to the next day. */
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  /** Baskets that were checked out that day. */
  orders: z.int(),
  sales: z.number(),
  /** Products in the orders. */
  items: z.int(),
  /** Baskets that were opened that day. */
  baskets: z.int(),
  /** Baskets with their last activity that day, which were then abandoned. */
  abandoned: z.int(),
  abandoned_value: z.number(),
  events: z.int(),
  /** In order of time; without those that have no orders. */
  slices: z.array(Slice).readonly(),
  /** At most 10, the one that sold for most first. */
  top_products: z.array(DayProduct).readonly(),
  /** Sequence in the log of the last record that counts here; 0: none does. */
  seq: z.int(),
  /** When the figures last changed, in the log's time: by that record, or by a basket that was abandoned. */
  as_of: z.iso.datetime(),
})
export type Day = Readonly<z.infer<typeof Day>>

const DAY_MS = 24 * 60 * 60 * 1000

/** The dates from one to another, both included; at most one more than `MAX_DAYS`. */
export function datesBetween(from: string, to: string): string[] {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const count = Math.min(Math.round((last - first) / DAY_MS), MAX_DAYS) + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => new Date(first + i * DAY_MS).toISOString().slice(0, 10))
}
