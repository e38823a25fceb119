import type { LogRecord, LogWork } from "../log/entry.ts"
import { applyStep, type Basket, type BasketStep, bytesOf, stepOf, type Tending, tend, totalOf } from "./basket.ts"
import { insertPlaced, type Placed, settle, type Unsettled } from "./producer-order.ts"

/** Most records of a basket that wait for others of their producer to come before them. */
export const MAX_WAITING = 64

/** Most bytes of JSON of these records and the basket before them. Only a basket with many long texts reaches it. */
const MAX_UNSETTLED_BYTES = 128 * 1024

/** What a record of the log does to a basket. */
type BasketRecord = BasketStep | Tending

type UnsettledBasket = Unsettled<Basket | undefined, BasketRecord>

/**
 * A basket with all records of the log, those of each producer in the producer's order. While a producer has a gap, its records behind the
 * gap stay in `unsettled`, so that what fills the gap can be put before them.
 */
export interface OrderedBasket extends Basket {
  readonly unsettled?: UnsettledBasket
}

/** A basket that was checked out. */
export interface Checkout {
  /** Sequence of the CHECKOUT. */
  readonly seq: number
  /** When the log got it, in ms since the epoch. */
  readonly at: number
  readonly value: number
}

/** A basket after one more record of the log, and which checkouts there are now or are not any more. */
export interface BasketChange {
  readonly basket: OrderedBasket | undefined
  readonly added: readonly Checkout[]
  readonly removed: readonly Checkout[]
}

/** Pure: the basket depends on the log alone. Undefined: work on a basket that does not exist. */
export function applyToOrdered(before: OrderedBasket | undefined, record: LogRecord): BasketChange {
  const isEvent = "event" in record
  const place = isEvent ? record.place : undefined
  const own = isEvent ? stepOf(record.event) : tendingOf(record.work)
  const { base, records } = before?.unsettled ?? { base: before, records: [] }
  if (records.length === 0 && (place === undefined || place.seq < place.firstMissing)) {
    const { basket, checkouts } = fold(base, [{ record: own }])
    return { basket, added: checkouts, removed: [] }
  }
  const inserted = insertPlaced(records, own, place)
  const { basket, checkouts } = fold(base, inserted)
  const earlier = fold(base, records).checkouts
  const unsettled = settle({ base, records: inserted }, step, isTooMuch)
  return {
    basket: basket && (unsettled.records.length === 0 ? basket : { ...basket, unsettled }),
    added: checkouts.filter((each) => !earlier.some((other) => isSame(each, other))),
    removed: earlier.filter((each) => !checkouts.some((other) => isSame(each, other))),
  }
}

/** As `bytesOf`, with the records that are not settled. */
export function bytesOfOrdered(basket: OrderedBasket): number {
  return bytesOf(basket) + (basket.unsettled === undefined ? 0 : bytesOfUnsettled(basket.unsettled))
}

function bytesOfUnsettled({ base, records }: UnsettledBasket): number {
  return (base === undefined ? 0 : bytesOf(base)) + Buffer.byteLength(JSON.stringify(records))
}

function isTooMuch(unsettled: UnsettledBasket): boolean {
  return unsettled.records.length > MAX_WAITING || bytesOfUnsettled(unsettled) > MAX_UNSETTLED_BYTES
}

function tendingOf({ task, by, received_at }: LogWork["work"]): Tending {
  return { task, by, at: Date.parse(received_at) }
}

function step(basket: Basket | undefined, record: BasketRecord): Basket | undefined {
  if ("action" in record) return applyStep(basket, record)
  return basket && tend(basket, record)
}

function fold(
  base: Basket | undefined,
  records: readonly Placed<BasketRecord>[],
): { basket: Basket | undefined; checkouts: readonly Checkout[] } {
  const checkouts: Checkout[] = []
  let basket = base
  for (const { record } of records) {
    const after = step(basket, record)
    if ("action" in record && after?.checkout !== undefined && basket?.checkout === undefined)
      checkouts.push({ seq: record.seq, at: record.at, value: totalOf(after) })
    basket = after
  }
  return { basket, checkouts }
}

function isSame(a: Checkout, b: Checkout): boolean {
  return a.seq === b.seq && a.value === b.value
}
