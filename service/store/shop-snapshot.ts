import type { Basket, Line } from "../projections/basket.ts"
import type { OrderedBasket } from "../projections/ordered-basket.ts"
import type { Shop } from "../projections/shop.ts"
import type { Bucket, Stats } from "../projections/stats.ts"

/** Version of the format below and of the projections. A snapshot of an unknown version is not used. */
const VERSION = 3
/** The version that stored the buckets' values in whole cents; the one that knew no producers. */
const [IN_CENTS, IN_LOG_ORDER] = [1, 2]

/** Rows instead of objects: without the names of members they take half the room. */
type LineRow = readonly [number, string, string, string, number, number, number]
type BasketRow = readonly [
  ...(readonly [string, string, boolean, number, number, number, number, string, number, number]),
  Basket["acknowledged"] | null,
  readonly LineRow[],
]
type UnsettledRow = readonly [BasketRow | null, NonNullable<OrderedBasket["unsettled"]>["records"]]
/** With what is not settled, if anything. */
type OrderedRow = readonly [BasketRow] | readonly [BasketRow, UnsettledRow]

/** A bucket in the version `IN_CENTS`. */
type BucketInCents = Omit<Bucket, "value"> & { readonly cents: number }

interface Snapshot {
  readonly version: number
  /** When the stream of `seq` was made. */
  readonly log: string
  readonly seq: number
  readonly basketBytes: number
  /** Rows of baskets in older versions. */
  readonly baskets: readonly OrderedRow[]
  readonly stats: Omit<Stats, "products"> & { readonly products: readonly (readonly [number, unknown])[] }
}

/** Writes a shop as a snapshot. `log`: when the stream was made. */
export function writeSnapshot({ seq, baskets, basketBytes, stats }: Shop, log: string): string {
  const snapshot: Snapshot = {
    version: VERSION,
    log,
    seq,
    basketBytes,
    baskets: [...baskets.values()].map(orderedRow),
    stats: { ...stats, products: [...stats.products] },
  }
  return JSON.stringify(snapshot)
}

/** Reads a snapshot. Undefined: another log or version, or not a snapshot. */
export function readSnapshot(text: string, log: string): Shop | undefined {
  try {
    const snapshot = JSON.parse(text) as Snapshot
    if (![IN_CENTS, IN_LOG_ORDER, VERSION].includes(snapshot.version) || snapshot.log !== log) return undefined
    const { seq, basketBytes, baskets } = snapshot
    const shop: Shop = { seq, basketBytes, baskets: new Map(), stats: statsOf(snapshot) }
    for (const row of baskets) {
      const basket = orderedOf(snapshot.version === VERSION ? row : [row as unknown as BasketRow])
      shop.baskets.set(basket.session_id, basket)
    }
    return shop
  } catch {
    return undefined
  }
}

function statsOf({ version, stats }: Snapshot): Stats {
  const products = new Map(stats.products) as Stats["products"]
  if (version !== IN_CENTS) return { ...stats, products }
  const { hours, minutes, seconds } = stats as unknown as Record<keyof typeof stats, readonly BucketInCents[]>
  return { hours: hours.map(inAmounts), minutes: minutes.map(inAmounts), seconds: seconds.map(inAmounts), products }
}

function inAmounts({ cents, ...bucket }: BucketInCents): Bucket {
  return { ...bucket, value: cents / 100 }
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
  const { session_id, shopper_id, checkedOut, basket_total, events, firstAt, lastAt } = basket
  const { last_action, last_seq, openedSeq, acknowledged, lines } = basket
  const numbers = [checkedOut, basket_total, events, firstAt, lastAt] as const
  return [
    session_id,
    shopper_id,
    ...numbers,
    last_action,
    last_seq,
    openedSeq,
    acknowledged ?? null,
    lines.map(lineRow),
  ]
}

function basketOf(row: BasketRow): Basket {
  const [session_id, shopper_id, checkedOut, basket_total, events, firstAt, lastAt, ...rest] = row
  const [last_action, last_seq, openedSeq, acknowledged, lines] = rest
  return {
    session_id,
    shopper_id,
    checkedOut,
    lines: lines.map(lineOf),
    basket_total,
    events,
    firstAt,
    lastAt,
    last_action,
    last_seq,
    openedSeq,
    acknowledged: acknowledged ?? undefined,
  }
}

function lineRow({ product_id, product_name, UPC, category_id, quantity, unit_price, textBytes }: Line): LineRow {
  return [product_id, product_name, UPC, category_id, quantity, unit_price, textBytes]
}

function lineOf([product_id, product_name, UPC, category_id, quantity, unit_price, textBytes]: LineRow): Line {
  return { product_id, product_name, UPC, category_id, quantity, unit_price, textBytes }
}
