import type { Annotations } from "../../contract/annotations.ts"
import { applyToBasket, type Basket, inSession, shownBasket } from "../projections/basket.ts"
import { sha256 } from "../sha256.ts"
import { type EventDocument, shownEvent } from "./event-document.ts"

/** Most checkouts that are kept of one session; the oldest are dropped. */
export const MAX_CHECKOUTS = 50

type Shown = ReturnType<typeof shownBasket>
type ShownLine = Shown["lines"][number]

/** A basket that was checked out. */
export interface Checkout {
  /** Of the event. */
  readonly seq: number
  readonly at: Date
  readonly item_count: number
  readonly total: number
  readonly basket_total: number
  readonly lines: readonly ShownLine[]
}

/** A session's basket, made from its archived events. */
export interface Transaction {
  readonly basket: Basket
  /** When the log of `basket.last_seq` was made. */
  readonly log: Date
  readonly checkouts: readonly Checkout[]
}

/** Members of a shown basket that are texts there, and dates in MongoDB. */
type Times = "first_at" | "last_at" | "checked_out_at"
/** Members of a shown basket that the staff makes. */
type StaffWork = "acknowledged_by" | "acknowledged_at" | "done_by" | "done_at"

/**
 * A basket in the collection `baskets`, the transaction log. Its members have the meaning of those of
 * `store.<shop_id>.basket.<session_id>`. It is never idle, because that depends on the time. What the staff did with it is in the log only.
 */
export interface BasketDocument extends Omit<Shown, "status" | "lines" | Times | StaffWork> {
  /** `<shop_id>/<session_id>` */
  readonly _id: string
  readonly shop_id: string
  readonly status: "open" | "checked_out"
  readonly lines: readonly ShownLine[]
  readonly first_at: Date
  readonly last_at: Date
  readonly checked_out_at: Date | null
  /** When the log of `last_seq` was made. */
  readonly log: Date
  /** Sequence of the event that opened or reopened it. */
  readonly opened_seq: number
  readonly checkouts: readonly Checkout[]
  /** Grows by 1 with each update of an archiver. */
  readonly version: number
  /** A hash of our own members as the archiver last wrote them. Documents of older versions have none. */
  readonly digest?: string
  /** Set by other programs; shown live. */
  readonly annotations?: Annotations
}

/** The `_id` of a basket's document. */
export function basketId({ shop_id, session_id }: { readonly shop_id: string; readonly session_id: string }): string {
  return `${shop_id}/${session_id}`
}

/** The transaction after one more event of its session. Pure, so the archived events in order make it again. */
export function applyToTransaction(before: Transaction | undefined, event: EventDocument): Transaction {
  const basket = applyToBasket(before?.basket, shownEvent(event))
  const checkouts = before?.checkouts ?? []
  // A second CHECKOUT in a row is a repetition.
  const bought = basket.checkout !== undefined && before?.basket.checkout === undefined
  return {
    basket,
    log: event.log,
    checkouts: bought ? [...checkouts, checkoutOf(basket, event)].slice(-MAX_CHECKOUTS) : checkouts,
  }
}

/** True when an event comes after all events of a transaction. */
export function isNewer({ log, seq }: Pick<EventDocument, "log" | "seq">, transaction: Transaction): boolean {
  return log.getTime() === transaction.log.getTime() ? seq > transaction.basket.last_seq : log > transaction.log
}

/** The members that an archiver sets with each update, without version and digest. */
type OwnFields = Omit<BasketDocument, "_id" | "shop_id" | "version" | "digest" | "annotations">

/**
 * A hash of our own members of a document. It changes when another program changes one of them. Documents of older versions have no
 * `checkout_seq`, and most baskets no `shared_session`; they keep their hash.
 */
export function basketDigest(document: OwnFields): string {
  const { session_id, shopper_id, status, lines, item_count, total, basket_total, drift } = document
  const { events, first_at, last_at, last_action, last_seq, log, opened_seq, checkouts } = document
  const content = [session_id, shopper_id, status, lines, item_count, total, basket_total, drift]
  const history = [events, first_at, last_at, last_action, last_seq, log, opened_seq, checkouts]
  const { checked_out_at, checkout_seq } = document
  const order = checkout_seq === undefined ? [] : [[checked_out_at, checkout_seq]]
  const session = document.shared_session === undefined ? [] : [document.shared_session]
  return sha256(JSON.stringify([content, history, ...order, ...session]))
}

/** False when other programs have changed our own members, which may have any values then, or when an older version wrote it. */
export function isOurs(document: BasketDocument): boolean {
  return document.digest === basketDigest(document)
}

/** Our own members of the document, which each update sets. */
export function basketFields({ basket, log, checkouts }: Transaction): OwnFields {
  const { checkout } = basket
  const model = shownBasket(basket, basket.lastAt)
  const { acknowledged_by, acknowledged_at, done_by, done_at, status, first_at, last_at, ...shown } = model
  return {
    ...shown,
    status: checkout === undefined ? "open" : "checked_out",
    checked_out_at: checkout === undefined ? null : new Date(checkout.at),
    first_at: new Date(first_at),
    last_at: new Date(last_at),
    log,
    opened_seq: basket.openedSeq,
    checkouts,
  }
}

/** The transaction in a document. */
export function transactionOf(document: BasketDocument): Transaction {
  const { session_id, shopper_id, basket_total, events, last_action, last_seq, log, checkouts } = document
  const basket: Basket = {
    session_id,
    shopper_id,
    basket_total,
    events,
    last_action,
    last_seq,
    checkout: document.status === "checked_out" ? lastCheckout(checkouts) : undefined,
    // Their size counts for snapshots only.
    lines: document.lines.map(({ line_total, ...line }) => ({ ...line, textBytes: 0 })),
    firstAt: document.first_at.getTime(),
    lastAt: document.last_at.getTime(),
    openedSeq: document.opened_seq,
    acknowledged: undefined,
    done: undefined,
    ...inSession(document.shared_session),
  }
  return { basket, log, checkouts }
}

/** The checkout that closed a basket. Documents of older versions do not name it, but all list their checkouts. */
function lastCheckout(checkouts: readonly Checkout[]): Basket["checkout"] {
  const last = checkouts.at(-1)
  return last && { seq: last.seq, at: last.at.getTime() }
}

function checkoutOf(basket: Basket, { seq, received_at: at }: EventDocument): Checkout {
  const { lines, item_count, total, basket_total } = shownBasket(basket, basket.lastAt)
  return { seq, at, item_count, total, basket_total, lines }
}
