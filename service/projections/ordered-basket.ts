import { isDeepStrictEqual } from "node:util"
import type { LogRecord, LogWork } from "../log/entry.ts"
import {
  applyStep,
  type Basket,
  type BasketStep,
  bytesOf,
  type Checkpoint,
  type Line,
  stepOf,
  type Tending,
  tend,
  totalOf,
} from "./basket.ts"
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

/** The CHECKOUT of a basket, with what was bought. */
export interface Checkout extends Checkpoint {
  readonly value: number
  readonly lines: readonly Line[]
}

/** What a record has added, and what it has removed. Only late records remove something. */
export interface Difference<T> {
  readonly added: readonly T[]
  readonly removed: readonly T[]
}

/** A basket after one more record of the log, and what that changes in its checkouts and openings. */
export interface BasketChange {
  readonly basket: OrderedBasket | undefined
  readonly checkouts: Difference<Checkout>
  /** The events that opened it, or opened it again. */
  readonly openings: Difference<Checkpoint>
}

/** Pure: the basket depends on the log alone. Undefined: work on a basket that does not exist. */
export function applyToOrdered(before: OrderedBasket | undefined, record: LogRecord): BasketChange {
  const isEvent = "event" in record
  const place = isEvent ? record.place : undefined
  const own = isEvent ? stepOf(record.event) : tendingOf(record.work)
  const { base, records } = before?.unsettled ?? { base: before, records: [] }
  if (records.length === 0 && (place === undefined || place.seq < place.firstMissing)) {
    const { basket, checkouts, openings } = fold(base, [{ record: own }])
    return { basket, checkouts: { added: checkouts, removed: [] }, openings: { added: openings, removed: [] } }
  }
  const inserted = insertPlaced(records, own, place)
  const now = fold(base, inserted)
  const earlier = fold(base, records)
  const unsettled = settle({ base, records: inserted }, step, isTooMuch)
  return {
    basket: now.basket && (unsettled.records.length === 0 ? now.basket : { ...now.basket, unsettled }),
    checkouts: difference(earlier.checkouts, now.checkouts),
    openings: difference(earlier.openings, now.openings),
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

/** A basket after some records, with its checkouts and openings among them. */
interface Folded {
  readonly basket: Basket | undefined
  readonly checkouts: readonly Checkout[]
  readonly openings: readonly Checkpoint[]
}

function fold(base: Basket | undefined, records: readonly Placed<BasketRecord>[]): Folded {
  const checkouts: Checkout[] = []
  const openings: Checkpoint[] = []
  let basket = base
  for (const { record } of records) {
    const after = step(basket, record)
    if ("action" in record && after !== undefined) {
      const { seq, at } = record
      if (after.openedSeq !== basket?.openedSeq) openings.push({ seq, at })
      if (after.checkout !== undefined && basket?.checkout === undefined)
        checkouts.push({ seq, at, value: totalOf(after), lines: after.lines })
    }
    basket = after
  }
  return { basket, checkouts, openings }
}

function difference<T>(before: readonly T[], after: readonly T[]): Difference<T> {
  const missingIn = (others: readonly T[]) => (each: T) => !others.some((other) => isDeepStrictEqual(each, other))
  return { added: after.filter(missingIn(before)), removed: before.filter(missingIn(after)) }
}
