import type { Basket as ShownBasket } from "../../contract/basket.ts"
import type { BasketTask } from "../../contract/basket-work.ts"
import { IDLE_AFTER_S } from "../../contract/limits.ts"
import { exceeds, hasFractionOfCent, sum, times } from "../../contract/money.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { shortened } from "./text.ts"

/** An open basket without activity for this long, in ms, is idle. */
export const IDLE_AFTER_MS = IDLE_AFTER_S * 1000

/** Most lines of a basket. An ADD of one more product only counts as activity. */
export const MAX_LINES = 200

/** Longest texts that are shown, in UTF-16 units; longer ones are cut. So the largest basket is smaller than half a MiB. */
const MAX_NAME = 200
const MAX_CODE = 64

/** Bytes of JSON in a snapshot without texts, of a basket and of a line; and bytes of the longest escape. */
const BASKET_BYTES = 320
const LINE_BYTES = 64
const ESCAPE_BYTES = 6

/** One product in a basket, with the texts and the price of the last ADD. */
export interface Line {
  readonly product_id: number
  readonly product_name: string
  readonly UPC: string
  readonly category_id: string
  /** 1 and up. */
  readonly quantity: number
  /** As sent. */
  readonly unit_price: number
  /** Bytes of the texts as JSON. */
  readonly textBytes: number
}

/** An event of the log. */
export interface Checkpoint {
  readonly seq: number
  /** When the log got it, in ms since the epoch. */
  readonly at: number
}

/** What a member of the staff did with a basket. */
export interface Signature {
  readonly by: string
  /** When the log got it, in ms since the epoch. */
  readonly at: number
}

/** The basket of one session. */
export interface Basket {
  readonly session_id: string
  /** Of the last event. */
  readonly shopper_id: string
  /** The CHECKOUT that closed it; undefined: it is not checked out. */
  readonly checkout: Checkpoint | undefined
  /** In the order in which the products were first added. */
  readonly lines: readonly Line[]
  /** As last sent. */
  readonly basket_total: number
  /** Since it was opened. */
  readonly events: number
  /** Times of the log, in ms since the epoch: of the event that came first since it was opened, and of the one that came last. */
  readonly firstAt: number
  readonly lastAt: number
  /** As sent. */
  readonly last_action: string
  /** The highest sequence of its events in the log. */
  readonly last_seq: number
  /** Sequence of the event that opened or reopened it. */
  readonly openedSeq: number
  /** Who has claimed it. */
  readonly acknowledged: Signature | undefined
  /** Who has completed the work on it. */
  readonly done: Signature | undefined
  /** The shared session that it belongs to. Not set: to none. */
  readonly shared_session?: string
}

/** What an event does to its basket, without the texts beyond what is shown. */
export interface BasketStep {
  readonly session_id: string
  readonly shopper_id: string
  /** In upper case; empty for actions that change no line. */
  readonly action: "ADD" | "REMOVE" | "CHECKOUT" | ""
  readonly last_action: string
  readonly product_id: number
  readonly product_name: string
  readonly UPC: string
  readonly category_id: string
  readonly product_price: number
  readonly basket_total: number
  readonly seq: number
  /** When the log got it, in ms since the epoch. */
  readonly at: number
  /** As in the event. */
  readonly shared_session?: string | null
}

export function stepOf(event: ShownEvent): BasketStep {
  const { session_id, shopper_id, product_id, product_price, basket_total, seq } = event
  const { shared_session } = event
  const action = event.action.trim().toUpperCase()
  return {
    session_id,
    shopper_id,
    action: action === "ADD" || action === "REMOVE" || action === "CHECKOUT" ? action : "",
    last_action: shortened(event.action, MAX_CODE),
    product_id,
    product_name: shortened(event.product_name, MAX_NAME),
    UPC: shortened(event.UPC, MAX_CODE),
    category_id: shortened(event.category_id, MAX_CODE),
    product_price,
    basket_total,
    seq,
    at: Date.parse(event.received_at),
    ...(shared_session === undefined ? {} : { shared_session }),
  }
}

/** `applyStep` for an event. */
export function applyToBasket(basket: Basket | undefined, event: ShownEvent): Basket {
  return applyStep(basket, stepOf(event))
}

/**
 * A basket after one more event of its session. Pure: the basket depends on the log alone.
 *
 * `ADD` adds one of the product, `REMOVE` removes one, `CHECKOUT` closes the basket; upper or lower case. Any other action, and the
 * REMOVE of a product that is not in the basket, changes no line but counts as activity.
 *
 * An event for a closed basket reopens it. After a checkout it starts empty, because its lines were bought. A second CHECKOUT is most
 * likely a repetition and reopens nothing. After being idle it still has its lines, as the shopper's app has them too. A reopened
 * basket is neither claimed nor done. A CHECKOUT that closes it keeps the claim, but makes it an order that is not done yet. Any other
 * change keeps both.
 *
 * A basket belongs to the shared session that an event named last; what is bought afterwards, in a basket that starts empty, to none
 * before an event names one.
 *
 * An event that was late comes before events that the log got earlier, so `at` and `seq` may also be lower than those before.
 */
export function applyStep(basket: Basket | undefined, step: BasketStep): Basket {
  const { action, at, seq } = step
  const open = basket !== undefined && isOpen(basket, at)
  const closedAgain = basket?.checkout !== undefined && action === "CHECKOUT"
  const goesOn = open || closedAgain
  const previous = basket?.checkout !== undefined && !closedAgain ? undefined : basket
  const session = step.shared_session === undefined ? previous?.shared_session : step.shared_session
  return {
    session_id: step.session_id,
    shopper_id: step.shopper_id,
    checkout: action === "CHECKOUT" ? (basket?.checkout ?? { seq, at }) : undefined,
    lines: applyToLines(previous?.lines ?? [], step),
    basket_total: step.basket_total,
    events: (previous?.events ?? 0) + 1,
    firstAt: Math.min(previous?.firstAt ?? at, at),
    lastAt: Math.max(basket?.lastAt ?? at, at),
    last_action: step.last_action,
    last_seq: Math.max(basket?.last_seq ?? seq, seq),
    openedSeq: goesOn ? basket.openedSeq : seq,
    acknowledged: goesOn ? basket.acknowledged : undefined,
    done: goesOn && (closedAgain || action !== "CHECKOUT") ? basket.done : undefined,
    ...inSession(session),
  }
}

/** The member that names a basket's shared session; most belong to none and have no such member. */
export function inSession(session: string | null | undefined): Pick<Basket, "shared_session"> {
  return typeof session === "string" ? { shared_session: session } : {}
}

/** What the staff did with a basket. */
export interface Tending extends Signature {
  readonly task: BasketTask
}

/** A basket after work of the staff. The last claim, and the last word on whether it is done, count. It is not activity of the basket. */
export function tend(basket: Basket, { task, by, at }: Tending): Basket {
  switch (task) {
    case "acknowledge":
      return { ...basket, acknowledged: { by, at } }
    case "release":
      return { ...basket, acknowledged: undefined }
    case "complete":
      return { ...basket, done: { by, at } }
    case "reopen":
      return { ...basket, done: undefined }
  }
}

/** True for a basket that is neither checked out nor idle at `now`, in ms since the epoch. */
export function isOpen(basket: Basket, now: number): boolean {
  return basket.checkout === undefined && !isIdle(basket, now)
}

/** True when an open basket's last activity is too long before `now`, in ms since the epoch. */
export function isIdle({ checkout, lastAt }: Basket, now: number): boolean {
  return checkout === undefined && now - lastAt >= IDLE_AFTER_MS
}

/** The sum of a basket's lines. */
export function totalOf({ lines }: Basket): number {
  return sum(lines.map(lineTotal))
}

function lineTotal({ quantity, unit_price }: Line): number {
  return times(unit_price, quantity)
}

/**
 * True when the app sent a higher total than the lines make, so some event is missing. A lower total is a coupon. Apps may round
 * each price, or the sum, to cents.
 */
function isDrifting({ lines, basket_total }: Basket, total: number): boolean {
  const finer = lines.reduce((count, line) => count + (hasFractionOfCent(line.unit_price) ? line.quantity : 0), 0)
  return exceeds(basket_total, total, finer)
}

/**
 * An upper estimate of a basket's bytes of JSON: numbers and IDs count with their greatest length, texts of unknown length as if every
 * character were escaped.
 */
export function bytesOf({ lines, last_action, acknowledged, done, shared_session = "" }: Basket): number {
  const texts = last_action.length + (acknowledged?.by.length ?? 0) + (done?.by.length ?? 0)
  const bytes = BASKET_BYTES + shared_session.length + ESCAPE_BYTES * texts
  return lines.reduce((sum, { textBytes }) => sum + LINE_BYTES + textBytes, bytes)
}

/** A basket as it is shown at `now`, in ms since the epoch; `lines` is for a data value. */
export function shownBasket(basket: Basket, now: number): Omit<ShownBasket, "annotations"> {
  const total = totalOf(basket)
  const { session_id, shopper_id, basket_total, events, last_action, last_seq, checkout } = basket
  const { acknowledged, done } = basket
  const status = checkout !== undefined ? "checked_out" : isIdle(basket, now) ? "idle" : "open"
  return {
    session_id,
    shopper_id,
    status,
    checked_out_at: isoOrNull(checkout),
    checkout_seq: checkout?.seq ?? null,
    lines: basket.lines.map(shownLine),
    item_count: basket.lines.reduce((count, { quantity }) => count + quantity, 0),
    total,
    basket_total,
    drift: isDrifting(basket, total),
    events,
    first_at: iso(basket.firstAt),
    last_at: iso(basket.lastAt),
    last_action,
    last_seq,
    acknowledged_by: acknowledged?.by ?? null,
    acknowledged_at: isoOrNull(acknowledged),
    done_by: done?.by ?? null,
    done_at: isoOrNull(done),
    ...inSession(basket.shared_session),
  }
}

function shownLine(line: Line) {
  const { textBytes: _, ...shown } = line
  return { ...shown, line_total: lineTotal(line) }
}

function applyToLines(lines: readonly Line[], step: BasketStep): readonly Line[] {
  const index = lines.findIndex(({ product_id }) => product_id === step.product_id)
  const line = lines[index]
  if (step.action === "ADD") {
    const added = lineOf(step, line)
    if (line !== undefined) return lines.with(index, added)
    return lines.length < MAX_LINES ? [...lines, added] : lines
  }
  if (step.action !== "REMOVE" || line === undefined) return lines
  if (line.quantity === 1) return lines.toSpliced(index, 1)
  return lines.with(index, { ...line, quantity: line.quantity - 1 })
}

function lineOf(
  { product_id, product_name, UPC, category_id, product_price }: BasketStep,
  known: Line | undefined,
): Line {
  const same = known?.product_name === product_name && known.UPC === UPC && known.category_id === category_id
  return {
    product_id,
    product_name,
    UPC,
    category_id,
    quantity: (known?.quantity ?? 0) + 1,
    unit_price: product_price,
    textBytes: same ? known.textBytes : Buffer.byteLength(JSON.stringify([product_name, UPC, category_id])),
  }
}

function isoOrNull(past: { readonly at: number } | undefined): string | null {
  return past === undefined ? null : iso(past.at)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
