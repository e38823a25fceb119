import { sum } from "../../contract/money.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import type { Stats as ShownStats } from "../../contract/stats.ts"
import type { Checkout } from "./ordered-basket.ts"
import { shortened } from "./text.ts"

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The totals cover this hour of the clock and the 23 before it. */
const HOURS = 24
/** The chart has this many whole minutes. */
const MINUTES = 60
/** Most products whose additions are counted; the least recently added ones are dropped first. */
const MAX_PRODUCTS = 300
const MAX_NAME = 80
/** How many products are shown. */
const TOP_PRODUCTS = 10

/** Counts of one stretch of time. */
export interface Bucket {
  /** Start, in ms since the epoch. */
  readonly at: number
  readonly events: number
  readonly checkouts: number
  /** Value of the baskets that were checked out. */
  readonly value: number
}

/** How often a product was added to a basket. */
export interface ProductCount {
  readonly name: string
  /** By hour since the epoch. */
  readonly hours: readonly (readonly [hour: number, added: number])[]
}

/** The figures of a shop. Buckets are in order of time; empty ones are left out. */
export interface Stats {
  readonly hours: Bucket[]
  readonly minutes: Bucket[]
  readonly seconds: Bucket[]
  /** By product ID; the least recently added one comes first. */
  readonly products: Map<number, ProductCount>
}

/** Totals of the open baskets. */
export interface OpenBaskets {
  readonly count: number
  readonly value: number
}

export function emptyStats(): Stats {
  return { hours: [], minutes: [], seconds: [], products: new Map() }
}

/**
 * Counts one more event. The times are the log's, so a replay of the log gives the same figures.
 *
 * @param added checkouts that there are with the event: usually the event itself. A late event may change earlier ones
 * @param removed checkouts that there are not any more
 */
export function applyToStats(
  stats: Stats,
  event: ShownEvent,
  added: readonly Checkout[],
  removed: readonly Checkout[],
): void {
  const now = Date.parse(event.received_at)
  if (event.action.trim().toUpperCase() === "ADD") countProduct(stats.products, event, now)
  const changes: readonly Bucket[] = [
    { at: now, events: 1, checkouts: 0, value: 0 },
    ...added.map(({ at, value }) => ({ at, events: 0, checkouts: 1, value })),
    ...removed.map(({ at, value }) => ({ at, events: 0, checkouts: -1, value: -value })),
  ]
  for (const change of changes) {
    // One bucket more than is shown: the current one.
    count(stats.hours, HOUR_MS, HOURS + 1, change, now)
    count(stats.minutes, MINUTE_MS, MINUTES + 1, change, now)
    count(stats.seconds, SECOND_MS, MINUTE_MS / SECOND_MS + 1, change, now)
  }
}

/** The figures as they are shown at `now`, in ms since the epoch; `minutes` and `top_products` are for data values. */
export function shownStats(stats: Stats, open: OpenBaskets, now: number): ShownStats {
  const since = startOf(now, HOUR_MS) - (HOURS - 1) * HOUR_MS
  const total = together(stats.hours.filter(({ at }) => at >= since))
  const firstMinute = startOf(now, MINUTE_MS) - MINUTES * MINUTE_MS
  const byMinute = new Map(stats.minutes.map((bucket) => [bucket.at, bucket]))
  return {
    events: total.events,
    baskets_open: open.count,
    baskets_checked_out: total.checkouts,
    value_open: open.value,
    value_checked_out: total.value,
    events_last_minute: together(stats.seconds.filter(({ at }) => at > now - MINUTE_MS)).events,
    minutes: Array.from({ length: MINUTES }, (_, i) => {
      const at = firstMinute + i * MINUTE_MS
      const { events = 0, checkouts = 0, value = 0 } = byMinute.get(at) ?? {}
      return { at: new Date(at).toISOString(), events, checkouts, value }
    }),
    top_products: topProducts(stats.products, since),
    since: new Date(since).toISOString(),
  }
}

/** When the figures change next by time alone, in ms since the epoch: soon, while there are events of the last minute. */
export function nextChangeAt(stats: Stats, now: number): number {
  const lately = stats.seconds.at(-1)
  if (lately !== undefined && lately.at > now - MINUTE_MS - SECOND_MS) return now + SECOND_MS
  return startOf(now, MINUTE_MS) + MINUTE_MS
}

function countProduct(products: Map<number, ProductCount>, event: ShownEvent, at: number): void {
  const hour = Math.floor(at / HOUR_MS)
  const known = products.get(event.product_id)?.hours.filter(([each]) => each > hour - HOURS) ?? []
  const index = known.findIndex(([each]) => each === hour)
  const counted = [hour, (known[index]?.[1] ?? 0) + 1] as const
  products.delete(event.product_id)
  products.set(event.product_id, {
    name: shortened(event.product_name, MAX_NAME),
    hours: index === -1 ? [...known, counted].slice(-HOURS) : known.with(index, counted),
  })
  for (const id of products.keys()) {
    if (products.size <= MAX_PRODUCTS) break
    products.delete(id)
  }
}

function topProducts(products: ReadonlyMap<number, ProductCount>, since: number) {
  return [...products]
    .map(([product_id, { name, hours }]) => ({
      product_id,
      product_name: name,
      added: hours.reduce((sum, [hour, added]) => sum + (hour * HOUR_MS >= since ? added : 0), 0),
    }))
    .filter(({ added }) => added > 0)
    .sort((a, b) => b.added - a.added || a.product_id - b.product_id)
    .slice(0, TOP_PRODUCTS)
}

// The log's clock may have been set back, so the bucket may be an earlier one, or missing in the middle.
function count(buckets: Bucket[], widthMs: number, most: number, change: Bucket, now: number): void {
  const start = startOf(change.at, widthMs)
  const index = buckets.findLastIndex(({ at }) => at <= start)
  const known = buckets[index]
  if (known?.at === start) buckets[index] = plus(known, change)
  else buckets.splice(index + 1, 0, { ...change, at: start })
  const gone = buckets.findIndex(({ at }) => at > startOf(now, widthMs) - most * widthMs)
  const surplus = Math.max(gone, buckets.length - most)
  if (surplus > 0) buckets.splice(0, surplus)
}

function together(buckets: readonly Bucket[]): Bucket {
  return buckets.reduce(plus, { at: 0, events: 0, checkouts: 0, value: 0 })
}

function plus(a: Bucket, b: Bucket): Bucket {
  const value = b.value === 0 ? a.value : sum([a.value, b.value])
  return { at: a.at, events: a.events + b.events, checkouts: a.checkouts + b.checkouts, value }
}

function startOf(time: number, widthMs: number): number {
  return time - (time % widthMs)
}
