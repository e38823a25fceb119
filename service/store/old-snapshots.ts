import type { BasketStep, Signature } from "../projections/basket.ts"
import type { Bucket, Stats } from "../projections/stats.ts"
import type { BasketRow, LineRow, OrderedRow, Snapshot } from "./shop-snapshot.ts"

/**
 * Versions before: buckets had values in whole cents; baskets knew no producers; baskets knew only claims, and not which event had
 * checked them out.
 */
const [IN_CENTS, IN_LOG_ORDER, WITH_CLAIMS_ONLY] = [1, 2, 3]

/** A basket before the version that knows orders; `checkedOut` is in the place of the checkout. */
type OldBasketRow = readonly [
  ...(readonly [session_id: string, shopper_id: string, checkedOut: boolean]),
  ...(readonly [basket_total: number, events: number, firstAt: number, lastAt: number]),
  ...(readonly [last_action: string, last_seq: number, openedSeq: number]),
  ...(readonly [acknowledged: Signature | null, lines: readonly LineRow[]]),
]
type OldRecord = BasketStep | Signature
type OldOrderedRow = readonly [
  OldBasketRow,
  (readonly [OldBasketRow | null, readonly { readonly record: OldRecord; readonly place?: object }[]])?,
]

/** A bucket in the version `IN_CENTS`. */
type BucketInCents = Omit<Bucket, "value"> & { readonly cents: number }

/** A snapshot of an older version, in the present format; undefined: of another version. */
export function upgraded(snapshot: Snapshot): Snapshot | undefined {
  const { version, stats } = snapshot
  if (version !== IN_CENTS && version !== IN_LOG_ORDER && version !== WITH_CLAIMS_ONLY) return undefined
  const rows = snapshot.baskets as readonly unknown[]
  const ordered = (version === WITH_CLAIMS_ONLY ? rows : rows.map((row) => [row])) as readonly OldOrderedRow[]
  return {
    ...snapshot,
    baskets: ordered.map(orderedRow),
    stats: version === IN_CENTS ? { ...stats, ...inAmounts(stats) } : stats,
  }
}

function orderedRow([row, unsettled]: OldOrderedRow): OrderedRow {
  if (unsettled === undefined) return [basketRow(row)]
  const [base, records] = unsettled
  const withTasks = records.map(({ record, ...rest }) => ({
    ...rest,
    record: "action" in record ? record : ({ task: "acknowledge", ...record } as const),
  }))
  return [basketRow(row), [base === null ? null : basketRow(base), withTasks as NonNullable<OrderedRow[1]>[1]]]
}

/** The last event of a checked-out basket is its CHECKOUT, or a repetition of it. */
function basketRow(row: OldBasketRow): BasketRow {
  const [session_id, shopper_id, checkedOut, basket_total, events, firstAt, lastAt, ...rest] = row
  const [last_action, last_seq, openedSeq, acknowledged, lines] = rest
  const checkout = checkedOut ? ([last_seq, lastAt] as const) : null
  const numbers = [checkout, basket_total, events, firstAt, lastAt] as const
  return [session_id, shopper_id, ...numbers, last_action, last_seq, openedSeq, acknowledged, null, lines]
}

function inAmounts(stats: Snapshot["stats"]): Pick<Stats, "hours" | "minutes" | "seconds"> {
  const { hours, minutes, seconds } = stats as unknown as Record<keyof typeof stats, readonly BucketInCents[]>
  const inAmount = ({ cents, ...bucket }: BucketInCents): Bucket => ({ ...bucket, value: cents / 100 })
  return { hours: hours.map(inAmount), minutes: minutes.map(inAmount), seconds: seconds.map(inAmount) }
}
