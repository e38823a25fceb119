import type { Day as ShownDay } from "../../contract/day.ts"
import { sum, times } from "../../contract/money.ts"
import type { Line } from "./basket.ts"
import type { Checkout } from "./ordered-basket.ts"
import { shortened } from "./text.ts"
import type { ZoneClock } from "./zone-clock.ts"

/** Minutes of a slice. */
const SLICE_MINUTES = 5

/**
 * Most products that a day counts, and how many more it counts until those are dropped that sold for least. So dropping costs little for
 * each product, and the day of a big shop takes less than 100 KiB.
 */
const MAX_PRODUCTS = 200
const PRODUCTS_BEYOND = 200
const MAX_NAME = 80
/** How many products are shown. */
const TOP_PRODUCTS = 10

/** Something that counts in the figures of the day of `at`, which is in ms since the epoch. */
export type DayChange =
  /** An event, and the product that it adds to a basket. */
  | { readonly kind: "event"; readonly at: number; readonly added: ProductName | undefined }
  /** A basket was opened; -1: it was not after all, because something late came before. */
  | { readonly kind: "basket"; readonly at: number; readonly count: 1 | -1 }
  /** A basket was checked out; -1: not so after all. */
  | { readonly kind: "order"; readonly at: number; readonly count: 1 | -1; readonly order: Checkout }
  /** A basket was dropped that had been abandoned. */
  | { readonly kind: "abandoned"; readonly at: number; readonly value: number }
  /** An open basket was dropped, for want of room: it is not known whether it was abandoned. */
  | { readonly kind: "dropped"; readonly at: number }

export interface ProductName {
  readonly id: number
  readonly name: string
}

/** What one record of the log changes in the figures of days. */
export interface DayRecord {
  readonly seq: number
  /** When the log got it, in ms since the epoch. */
  readonly at: number
  readonly changes: readonly DayChange[]
}

/** The orders of five minutes. */
export interface Slice {
  readonly orders: number
  readonly sales: number
}

export interface DayProduct {
  readonly name: string
  readonly added: number
  readonly sold: number
  readonly value: number
}

/** The figures of a shop's day. It names products, and no person. */
export interface Day {
  /** Sequence and time of the last record in here; 0: there is none. Time in ms since the epoch. */
  readonly seq: number
  readonly at: number
  readonly orders: number
  readonly sales: number
  readonly items: number
  readonly baskets: number
  /** Baskets that were abandoned, and are not in the shop any more. */
  readonly abandoned: number
  readonly abandonedValue: number
  readonly events: number
  /** By number since midnight, of the clock. */
  readonly slices: Map<number, Slice>
  /** By product ID. */
  readonly products: Map<number, DayProduct>
}

/** Baskets that are abandoned now and still in the shop, with their last activity on one day. */
export interface Abandoned {
  readonly count: number
  readonly value: number
  /** When the last of them became abandoned, in ms since the epoch; 0: there are none. */
  readonly at: number
}

export const nothingAbandoned: Abandoned = { count: 0, value: 0, at: 0 }

export function emptyDay(): Day {
  return {
    seq: 0,
    at: 0,
    orders: 0,
    sales: 0,
    items: 0,
    baskets: 0,
    abandoned: 0,
    abandonedValue: 0,
    events: 0,
    slices: new Map(),
    products: new Map(),
  }
}

/**
 * A record for each date that it changes, with the changes of that date. Usually all are of one day, but what is late, or was abandoned,
 * also changes days before.
 */
export function byDate(clock: ZoneClock, record: DayRecord): readonly (readonly [date: string, own: DayRecord])[] {
  const { at, changes } = record
  const date = clock.dateAt(at)
  const isOfIt = (change: DayChange): boolean => change.at === at || clock.dateAt(change.at) === date
  if (changes.every(isOfIt)) return [[date, record]]
  const dates = new Set(changes.map((change) => clock.dateAt(change.at)))
  return [...dates].map((each) => [
    each,
    { ...record, changes: changes.filter((change) => clock.dateAt(change.at) === each) },
  ])
}

/**
 * A day after one more record: it takes the changes of its own date. It reuses the maps of `day`, so `day` must not be used any more.
 * A record that is not newer changes nothing, so records may be repeated.
 */
export function applyToDay(day: Day, clock: ZoneClock, { seq, at, changes }: DayRecord): Day {
  if (seq <= day.seq) return day
  const next = { ...day, seq, at: Math.max(day.at, at) }
  for (const change of changes) count(next, clock, change)
  return next
}

/** A day as it is shown; `slices` and `top_products` are for data values. */
export function shownDay(day: Day, clock: ZoneClock, date: string, abandoned: Abandoned): ShownDay {
  const startsAt = clock.startOf(date)
  const { orders, sales, items, baskets, events, seq } = day
  return {
    date,
    time_zone: clock.zone,
    starts_at: iso(startsAt),
    ends_at: iso(clock.endOf(date)),
    orders,
    sales,
    items,
    baskets,
    abandoned: day.abandoned + abandoned.count,
    abandoned_value: sum([day.abandonedValue, abandoned.value]),
    events,
    slices: [...day.slices]
      .filter(([, slice]) => slice.orders !== 0)
      .sort(([a], [b]) => a - b)
      .map(([number, slice]) => ({ at: timeOf(number * SLICE_MINUTES), ...slice })),
    top_products: [...day.products]
      .filter(([, { added, sold }]) => added > 0 || sold > 0)
      .sort(byRank)
      .slice(0, TOP_PRODUCTS)
      .map(([product_id, { name, ...counts }]) => ({ product_id, product_name: name, ...counts })),
    seq,
    as_of: iso(Math.max(startsAt, day.at, abandoned.at)),
  }
}

/** Shortens the name of a product as days keep it. */
export function productName(id: number, name: string): ProductName {
  return { id, name: shortened(name, MAX_NAME) }
}

/** Counts a change in a day that is being made. */
function count(day: { -readonly [K in keyof Day]: Day[K] }, clock: ZoneClock, change: DayChange): void {
  switch (change.kind) {
    case "event":
      day.events++
      if (change.added !== undefined) countProduct(day.products, change.added, { added: 1, sold: 0, value: 0 })
      break
    case "basket":
      day.baskets += change.count
      break
    case "order": {
      const { order, at } = change
      day.orders += change.count
      day.sales = sum([day.sales, change.count * order.value])
      countSlice(day.slices, Math.floor(clock.minuteAt(at) / SLICE_MINUTES), change.count, order.value)
      for (const line of order.lines) {
        day.items += change.count * line.quantity
        countProduct(day.products, productName(line.product_id, line.product_name), soldIn(line, change.count))
      }
      break
    }
    case "abandoned":
      day.abandoned++
      day.abandonedValue = sum([day.abandonedValue, change.value])
      break
    case "dropped":
      break
  }
}

function soldIn({ quantity, unit_price }: Line, count: 1 | -1): Omit<DayProduct, "name"> {
  return { added: 0, sold: count * quantity, value: count * times(unit_price, quantity) }
}

function countSlice(slices: Map<number, Slice>, number: number, count: 1 | -1, value: number): void {
  const { orders, sales } = slices.get(number) ?? { orders: 0, sales: 0 }
  slices.set(number, { orders: orders + count, sales: sum([sales, count * value]) })
}

function countProduct(
  products: Map<number, DayProduct>,
  { id, name }: ProductName,
  { added, sold, value }: Omit<DayProduct, "name">,
): void {
  const known = products.get(id) ?? { added: 0, sold: 0, value: 0 }
  products.set(id, {
    name,
    added: known.added + added,
    sold: known.sold + sold,
    value: value === 0 ? known.value : sum([known.value, value]),
  })
  if (products.size <= MAX_PRODUCTS + PRODUCTS_BEYOND) return
  for (const [last] of [...products].sort(byRank).slice(MAX_PRODUCTS)) products.delete(last)
}

/** What sold for most comes first, then what was added most often. */
function byRank([idA, a]: [number, DayProduct], [idB, b]: [number, DayProduct]): number {
  return b.value - a.value || b.added - a.added || idA - idB
}

/** `HH:MM` of minutes since midnight. */
function timeOf(minutes: number): string {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60]
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
