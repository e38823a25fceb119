import { LIST_LIMIT } from "../../contract/limits.ts"
import { sum } from "../../contract/money.ts"
import type { LogEntry, LogRecord } from "../log/entry.ts"
import { type Basket, isIdle, isOpen, totalOf } from "./basket.ts"
import { type Abandoned, type DayChange, type DayRecord, nothingAbandoned, productName } from "./day.ts"
import { applyToOrdered, type BasketChange, bytesOfOrdered, type OrderedBasket } from "./ordered-basket.ts"
import { applyToStats, emptyStats, type OpenBaskets, type Stats } from "./stats.ts"

/**
 * Most bytes of JSON of a shop's baskets: a snapshot with the figures must fit into a NATS message of 1 MiB. This is room for about 800
 * baskets of five lines. The least recently active ones are dropped first.
 */
export const MAX_BASKET_BYTES = 640 * 1024

/** A basket without activity for this long, in ms, is dropped. */
const KEEP_MS = 24 * 60 * 60 * 1000

/** A shop's baskets and figures, made from the log. */
export interface Shop {
  /** Sequence of the last record in here. */
  readonly seq: number
  /** By session ID; the least recently active one comes first. */
  readonly baskets: Map<string, OrderedBasket>
  /** The sum of `bytesOfOrdered` of all baskets. */
  readonly basketBytes: number
  readonly stats: Stats
}

export function emptyShop(): Shop {
  return { seq: 0, baskets: new Map(), basketBytes: 0, stats: emptyStats() }
}

/** A shop after one more record of its log. */
export interface ShopChange {
  readonly shop: Shop
  /** Session IDs of the baskets that changed or were dropped. */
  readonly changed: readonly string[]
  /** What the record changes in the figures of days. Undefined: nothing. */
  readonly day?: DayRecord
}

/**
 * The shop after one more record of its log. It uses no clock, so a
 * replay of the log gives the same shop. Changes by time alone (idle baskets, past minutes) are made when a shop is shown. A record that
 * is not newer changes nothing. `shop` must not be used any more.
 */
export function applyRecord(shop: Shop, record: LogRecord): ShopChange {
  const { seq, session_id: id } = "event" in record ? record.event : record.work
  if (seq <= shop.seq) return { shop, changed: [] }
  const before = shop.baskets.get(id)
  const change = applyToOrdered(before, record)
  const { basket: after, checkouts } = change
  if (after === undefined) return { shop: { ...shop, seq }, changed: [] }
  const bytes = shop.basketBytes + bytesOfOrdered(after) - (before === undefined ? 0 : bytesOfOrdered(before))
  if (!("event" in record)) {
    shop.baskets.set(id, after) // keeps its place, because work of the staff is not activity
    return { shop: { ...shop, seq, basketBytes: bytes }, changed: [id] }
  }
  shop.baskets.delete(id)
  shop.baskets.set(id, after)
  const { forgotten, basketBytes } = forgetOldest(shop.baskets, bytes, after.lastAt)
  applyToStats(shop.stats, record.event, checkouts.added, checkouts.removed)
  return {
    shop: { seq, baskets: shop.baskets, basketBytes, stats: shop.stats },
    changed: [id, ...forgotten.map(({ session_id }) => session_id)],
    day: dayRecord(record, change, forgotten),
  }
}

/** The open baskets at `now`, in ms since the epoch; the most recently active one comes first. */
export function openBaskets({ baskets }: Shop, now: number): Basket[] {
  return [...baskets.values()].filter((basket) => isOpen(basket, now)).reverse()
}

/** The list of orders: session IDs of the baskets that are checked out, the latest checkout first. */
export function orderList({ baskets }: Shop): readonly string[] {
  return [...baskets.values()]
    .flatMap(({ session_id, checkout }) => (checkout === undefined ? [] : { session_id, seq: checkout.seq }))
    .sort((a, b) => b.seq - a.seq)
    .slice(0, LIST_LIMIT)
    .map(({ session_id }) => session_id)
}

/** The list of abandoned baskets: session IDs of those that are idle at `now`, in ms since the epoch, the latest activity first. */
export function abandonedList({ baskets }: Shop, now: number): readonly string[] {
  return [...baskets.values()]
    .filter((basket) => isIdle(basket, now))
    .slice(-LIST_LIMIT)
    .reverse()
    .map(({ session_id }) => session_id)
}

/** True when a basket has become idle between two times, in ms since the epoch: then lists have changed by time alone. */
export function becameIdle({ baskets }: Shop, from: number, to: number): boolean {
  for (const basket of baskets.values()) if (isIdle(basket, from) !== isIdle(basket, to)) return true
  return false
}

export function openTotals(shop: Shop, now: number): OpenBaskets {
  const open = openBaskets(shop, now)
  return { count: open.length, value: sum(open.map(totalOf)) }
}

/**
 * The shop's abandoned baskets with their last activity from one time on and before another. `now`, and both, are in ms since the epoch;
 * `afterMs`: a basket without activity for this long is abandoned.
 */
export function abandonedBetween({ baskets }: Shop, from: number, to: number, now: number, afterMs: number): Abandoned {
  let found = nothingAbandoned
  for (const basket of baskets.values()) {
    const { checkout, lastAt } = basket
    if (checkout !== undefined || lastAt < from || lastAt >= to || now - lastAt < afterMs) continue
    found = {
      count: found.count + 1,
      value: sum([found.value, totalOf(basket)]),
      at: Math.max(found.at, lastAt + afterMs),
    }
  }
  return found
}

/**
 * The list of open baskets after new records from the sequence `since` on: baskets that were opened or reopened since come first, the
 * others keep their order. Baskets for which there was no room fill it up. A new list is in order of activity, the latest first.
 */
export function nextList(list: readonly string[], shop: Shop, since: number, now: number): readonly string[] {
  const open = openBaskets(shop, now)
  const byId = new Map(open.map((basket) => [basket.session_id, basket]))
  const fresh = open
    .filter(({ openedSeq }) => openedSeq > since)
    .sort((a, b) => b.openedSeq - a.openedSeq)
    .map(({ session_id }) => session_id)
  const stay = list.filter((id) => (byId.get(id)?.openedSeq ?? Infinity) <= since)
  return [...new Set([...fresh, ...stay, ...byId.keys()])].slice(0, LIST_LIMIT)
}

function forgetOldest(
  baskets: Map<string, OrderedBasket>,
  bytes: number,
  at: number,
): { forgotten: readonly Basket[]; basketBytes: number } {
  const forgotten: Basket[] = []
  let basketBytes = bytes
  for (const [id, basket] of baskets) {
    if (basketBytes <= MAX_BASKET_BYTES && at - basket.lastAt <= KEEP_MS) break
    baskets.delete(id)
    basketBytes -= bytesOfOrdered(basket)
    forgotten.push(basket)
  }
  return { forgotten, basketBytes }
}

function dayRecord(
  { event }: LogEntry,
  { checkouts, openings }: BasketChange,
  forgotten: readonly Basket[],
): DayRecord {
  const at = Date.parse(event.received_at)
  const { product_id, product_name } = event
  const isAdd = event.action.trim().toUpperCase() === "ADD"
  const changes: DayChange[] = [{ kind: "event", at, added: isAdd ? productName(product_id, product_name) : undefined }]
  for (const opening of openings.added) changes.push({ kind: "basket", at: opening.at, count: 1 })
  for (const opening of openings.removed) changes.push({ kind: "basket", at: opening.at, count: -1 })
  for (const order of checkouts.added) changes.push({ kind: "order", at: order.at, count: 1, order })
  for (const order of checkouts.removed) changes.push({ kind: "order", at: order.at, count: -1, order })
  for (const basket of forgotten) {
    if (isIdle(basket, at)) changes.push({ kind: "abandoned", at: basket.lastAt, value: totalOf(basket) })
    else if (basket.checkout === undefined) changes.push({ kind: "dropped", at: basket.lastAt })
  }
  return { seq: event.seq, at, changes }
}
