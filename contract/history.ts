import { z } from "zod"
import { MAX_CATEGORY_LENGTH, MAX_FIND_LENGTH, MAX_PAGE_EVENTS } from "./limits.ts"
import { BasketId, type ShownEvent } from "./publish-event.ts"
import { text } from "./text.ts"

/**
 * Times at which an event can have been received, in ms since the epoch. JetStream counts nanoseconds in 64 bits: a time before
 * 1677-09-21 or after 2262-04-11 would be another one there.
 */
const [EARLIEST, LATEST] = [0, Date.UTC(2262, 3, 11)]

/**
 * A time with an offset or Z; the same in UTC from here on. A time before or after all events is moved to the earliest or the
 * latest possible one, which takes the same events.
 */
const time = z.iso
  .datetime({ offset: true, error: "expected an ISO 8601 date-time with offset or Z" })
  .transform((text) => new Date(Math.min(LATEST, Math.max(EARLIEST, Date.parse(text)))).toISOString())

/** An amount as a query has it; with more decimals it would be written with an exponent. */
export const AMOUNT = /^-?\d{1,15}(\.\d{1,6})?$/

const amount = z.union([z.number(), z.string().regex(AMOUNT).transform(Number)], "expected a number")

/** A text to look for. MongoDB can't look for NUL. */
const sought = text
  .min(1, "expected at least one character")
  .max(MAX_FIND_LENGTH, `expected at most ${MAX_FIND_LENGTH} characters`)
  .refine((value) => !value.includes("\0"), "expected a text without NUL")

/** Which of a shop's events; what is left out does not narrow. */
const filter = {
  /** `received_at` at or after. */
  from: time.optional(),
  /** `received_at` before. */
  to: time.optional(),
  session_id: BasketId.optional(),
  category_id: z
    .string("expected a string")
    .max(MAX_CATEGORY_LENGTH, `expected at most ${MAX_CATEGORY_LENGTH} characters`)
    .optional(),
  /** In any case. */
  action: sought.optional(),
  /** `basket_total` at least, and at most. */
  min_total: amount.optional(),
  max_total: amount.optional(),
  /** Part of a product's name or UPC, in any case; a product's ID; an order's number; or the beginning of a basket's or shopper's ID. */
  find: sought.optional(),
}

export const HistoryFilter = z.object(filter)
export type HistoryFilter = z.infer<typeof HistoryFilter>

/** At least so much of a UUID; shorter ones would find too many. */
const ID_BEGINNING = /^[0-9a-f-]{4,36}$/

/** What `find` looks for: `part` in names and UPCs, and the others if it can be an ID or the beginning of one. */
export function soughtIn(find: string): {
  /** The source of a regular expression, to be used in any case. */
  readonly part: string
  /** Of a product, or an event's sequence, which is the number of an order. */
  readonly number: number | undefined
  readonly idBeginning: string | undefined
} {
  const lower = find.toLowerCase()
  return {
    part: escaped(find),
    number: /^\d{1,15}$/.test(find) ? Number(find) : undefined,
    idBeginning: ID_BEGINNING.test(lower) ? lower : undefined,
  }
}

/** The source of a regular expression for exactly this text. */
export function escaped(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
}

/** Whether a filter takes an event: as the service selects them, for events that a page already has. */
export function matcherOf(filter: HistoryFilter): (event: ShownEvent) => boolean {
  const { from, to, session_id, category_id, min_total, max_total } = filter
  const action = filter.action === undefined ? undefined : new RegExp(`^${escaped(filter.action)}$`, "iu")
  const found = filter.find === undefined ? undefined : finder(filter.find)
  return (event) =>
    (session_id === undefined || event.session_id === session_id) &&
    (category_id === undefined || event.category_id === category_id) &&
    (min_total === undefined || event.basket_total >= min_total) &&
    (max_total === undefined || event.basket_total <= max_total) &&
    (from === undefined || event.received_at >= from) &&
    (to === undefined || event.received_at < to) &&
    (action === undefined || action.test(event.action)) &&
    (found === undefined || found(event))
}

function finder(find: string): (event: ShownEvent) => boolean {
  const { part, number, idBeginning } = soughtIn(find)
  const pattern = new RegExp(part, "iu")
  return ({ product_name, UPC, product_id, seq, session_id, shopper_id }) =>
    pattern.test(product_name) ||
    pattern.test(UPC) ||
    product_id === number ||
    seq === number ||
    (idBeginning !== undefined && (session_id.startsWith(idBeginning) || shopper_id.startsWith(idBeginning)))
}

const wholeNumber = z
  .string("expected a whole number")
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number)

/** The query of an older page: events before the sequence `before`, at most `limit` (1 to 500, default 100), that the filter takes. */
export const PageQuery = z.object({
  before: wholeNumber,
  limit: wholeNumber
    .refine((limit) => limit >= 1 && limit <= MAX_PAGE_EVENTS, `expected 1 to ${MAX_PAGE_EVENTS}`)
    .default(100),
  ...filter,
})
export type PageQuery = z.infer<typeof PageQuery>

const sequence = z.number("expected a whole number").int("expected a whole number").min(0, "expected 0 or more")

/** The params of `read`, a call of a feed: where to read on in the shop's history. */
export const ReadParams = z.object(
  {
    /** The sequence after which to go on; left out: at the log's end, so that nothing is read but where that is. */
    after: sequence.optional(),
    limit: sequence.min(1, "expected 1 to 500").max(MAX_PAGE_EVENTS, "expected 1 to 500").default(MAX_PAGE_EVENTS),
    ...filter,
  },
  "expected a JSON object",
)
export type ReadParams = z.infer<typeof ReadParams>

/**
 * An event in a part of a history. The log checked all of it when it was stored; to check 500 of them again for each part would
 * cost more than to read them.
 */
const readEvent = z.custom<ShownEvent>((value) => typeof value === "object" && value !== null && "seq" in value)

/** A part of a shop's history, oldest first. */
export const HistoryPart = z.object({
  events: z.array(readEvent).readonly(),
  /** The sequence up to which that is all of the shop's that the filter takes: what to send as `after` to go on. */
  after: z.int(),
  /** True when nothing follows, for now. */
  end: z.boolean(),
  /** Names the log. Another one, made after the first was lost, has the same sequences for other events. */
  log: z.string(),
})
export type HistoryPart = Readonly<z.infer<typeof HistoryPart>>
