import { type Basket, inSession, type Line, type Signature } from "../projections/basket.ts"
import { bytesOfOrdered, type OrderedBasket } from "../projections/ordered-basket.ts"
import type { Shop } from "../projections/shop.ts"
import type { Stats } from "../projections/stats.ts"
import { upgraded } from "./old-snapshots.ts"

/** Version of the format below and of the projections. Older ones are upgraded; a snapshot of any other version is not used. */
const VERSION = 4

/** Rows instead of objects: without the names of members they take half the room. */
export type LineRow = readonly [number, string, string, string, number, number, number]
type CheckoutRow = readonly [seq: number, at: number]
export type BasketRow = readonly [
  ...(readonly [string, string, CheckoutRow | null, number, number, number, number, string, number, number]),
  ...(readonly [acknowledged: Signature | null, done: Signature | null, lines: readonly LineRow[]]),
  sharedSession?: string,
]
type UnsettledRow = readonly [BasketRow | null, NonNullable<OrderedBasket["unsettled"]>["records"]]
/** With what is not settled, if anything. */
export type OrderedRow = readonly [BasketRow, UnsettledRow?]

export interface Snapshot {
  readonly version: number
  /** When the stream of `seq` was made. */
  readonly log: string
  readonly seq: number
  readonly baskets: readonly OrderedRow[]
  readonly stats: Omit<Stats, "products"> & { readonly products: readonly (readonly [number, unknown])[] }
}

/** Writes a shop as a snapshot. `log`: when the stream was made. */
export function writeSnapshot({ seq, baskets, stats }: Shop, log: string): string {
  const snapshot: Snapshot = {
    version: VERSION,
    log,
    seq,
    baskets: [...baskets.values()].map(orderedRow),
    stats: { ...stats, products: [...stats.products] },
  }
  return JSON.stringify(snapshot)
}

/** Reads a snapshot. Undefined: another log or version, or not a snapshot. */
export function readSnapshot(text: string, log: string): Shop | undefined {
  try {
    const stored = JSON.parse(text) as Snapshot
    const snapshot = stored.version === VERSION ? stored : upgraded(stored)
    if (snapshot === undefined || snapshot.log !== log) return undefined
    const { seq, baskets, stats } = snapshot
    const products = new Map(stats.products) as Stats["products"]
    const ordered = baskets.map(orderedOf)
    return {
      seq,
      baskets: new Map(ordered.map((basket) => [basket.session_id, basket])),
      basketBytes: ordered.reduce((bytes, basket) => bytes + bytesOfOrdered(basket), 0),
      stats: { ...stats, products },
    }
  } catch {
    return undefined
  }
}

function orderedRow(basket: OrderedBasket): OrderedRow {
  const { unsettled } = basket
  if (unsettled === undefined) return [basketRow(basket)]
  const { base, records } = unsettled
  return [basketRow(basket), [base === undefined ? null : basketRow(base), records]]
}

function orderedOf([row, unsettled]: OrderedRow): OrderedBasket {
  const basket = basketOf(row)
  if (unsettled === undefined) return basket
  const [base, records] = unsettled
  return { ...basket, unsettled: { base: base === null ? undefined : basketOf(base), records } }
}

function basketRow(basket: Basket): BasketRow {
  const { session_id, shopper_id, checkout, basket_total, events, firstAt, lastAt } = basket
  const { last_action, last_seq, openedSeq, acknowledged, done, lines } = basket
  const closed = checkout === undefined ? null : ([checkout.seq, checkout.at] as const)
  const numbers = [closed, basket_total, events, firstAt, lastAt] as const
  const signatures = [acknowledged ?? null, done ?? null] as const
  const session = basket.shared_session === undefined ? ([] as const) : ([basket.shared_session] as const)
  const state = [last_action, last_seq, openedSeq] as const
  return [session_id, shopper_id, ...numbers, ...state, ...signatures, lines.map(lineRow), ...session]
}

function basketOf(row: BasketRow): Basket {
  const [session_id, shopper_id, closed, basket_total, events, firstAt, lastAt, ...rest] = row
  const [last_action, last_seq, openedSeq, acknowledged, done, lines, sharedSession] = rest
  return {
    session_id,
    shopper_id,
    checkout: closed === null ? undefined : { seq: closed[0], at: closed[1] },
    lines: lines.map(lineOf),
    basket_total,
    events,
    firstAt,
    lastAt,
    last_action,
    last_seq,
    openedSeq,
    acknowledged: acknowledged ?? undefined,
    done: done ?? undefined,
    ...inSession(sharedSession),
  }
}

function lineRow({ product_id, product_name, UPC, category_id, quantity, unit_price, textBytes }: Line): LineRow {
  return [product_id, product_name, UPC, category_id, quantity, unit_price, textBytes]
}

function lineOf([product_id, product_name, UPC, category_id, quantity, unit_price, textBytes]: LineRow): Line {
  return { product_id, product_name, UPC, category_id, quantity, unit_price, textBytes }
}
