import { LIST_LIMIT } from "../../contract/limits.ts"
import type { LogRecord } from "../log/entry.ts"
import { acknowledge, applyToBasket, type Basket, bytesOf, isIdle, totalOf } from "./basket-projection.ts"
import { sum } from "./money.ts"
import { applyToStats, emptyStats, type OpenBaskets, type Stats } from "./stats-projection.ts"

/**
 * Most bytes of JSON of all baskets that are kept of a shop: a snapshot, with the figures, must fit into a NATS message of
 * 1 MiB. Room for about 800 baskets of five lines; those that were not touched for longest are forgotten first.
 */
export const MAX_BASKET_BYTES = 640 * 1024

/** A basket that nobody touches for this long, in ms, is forgotten. */
const KEEP_MS = 24 * 60 * 60 * 1000

/** What the log has made of a shop's baskets and figures. */
export interface Shop {
  /** Sequence up to which the log is in here. */
  readonly seq: number
  /** By session ID; the one that was not touched for longest comes first. */
  readonly baskets: Map<string, Basket>
  /** What `bytesOf` says of all of them. */
  readonly basketBytes: number
  readonly stats: Stats
}

export function emptyShop(): Shop {
  return { seq: 0, baskets: new Map(), basketBytes: 0, stats: emptyStats() }
}

/**
 * The shop after one more record of its log, and the session IDs of the baskets that changed or were forgotten. It knows no
 * clock, so a replay of the log gives the shop again; what time does to it, a basket that becomes idle and a minute that is
 * over, is a matter of showing it at some time. A record that is not newer changes nothing.
 *
 * Takes `shop` over: what is returned is to be used from then on.
 */
export function applyRecord(shop: Shop, record: LogRecord): { shop: Shop; changed: readonly string[] } {
  const { seq, session_id: id } = "event" in record ? record.event : record.ack
  if (seq <= shop.seq) return { shop, changed: [] }
  const before = shop.baskets.get(id)
  if (!("event" in record)) {
    if (before === undefined) return { shop: { ...shop, seq }, changed: [] }
    const after = acknowledge(before, record.ack)
    shop.baskets.set(id, after) // keeps its place: an acknowledgement is no activity
    return { shop: { ...shop, seq, basketBytes: shop.basketBytes + bytesOf(after) - bytesOf(before) }, changed: [id] }
  }
  const after = applyToBasket(before, record.event)
  shop.baskets.delete(id)
  shop.baskets.set(id, after)
  const bytes = shop.basketBytes + bytesOf(after) - (before === undefined ? 0 : bytesOf(before))
  const { forgotten, basketBytes } = forgetOldest(shop.baskets, bytes, after.lastAt)
  const checkedOut = after.checkedOut && before?.checkedOut !== true
  const stats = applyToStats(shop.stats, record.event, checkedOut ? totalOf(after) : undefined)
  return { shop: { seq, baskets: shop.baskets, basketBytes, stats }, changed: [id, ...forgotten] }
}

/** The open baskets at `now`, in ms since the epoch: the one that was touched last comes first. */
export function openBaskets({ baskets }: Shop, now: number): Basket[] {
  return [...baskets.values()].filter((basket) => !basket.checkedOut && !isIdle(basket, now)).reverse()
}

export function openTotals(shop: Shop, now: number): OpenBaskets {
  const open = openBaskets(shop, now)
  return { count: open.length, value: sum(open.map(totalOf)) }
}

/**
 * The list of open baskets after the log went on from the sequence `since`: those opened or brought back since then in front,
 * the others in their order; it is filled up with those that it had no room for. From an empty list, and nothing since: by
 * activity, the latest first.
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
  baskets: Map<string, Basket>,
  bytes: number,
  at: number,
): { forgotten: readonly string[]; basketBytes: number } {
  const forgotten: string[] = []
  let basketBytes = bytes
  for (const [id, basket] of baskets) {
    if (basketBytes <= MAX_BASKET_BYTES && at - basket.lastAt <= KEEP_MS) break
    baskets.delete(id)
    basketBytes -= bytesOf(basket)
    forgotten.push(id)
  }
  return { forgotten, basketBytes }
}
