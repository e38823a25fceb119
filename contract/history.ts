import { z } from "zod"
import { MAX_PAGE_EVENTS } from "./limits.ts"
import { BasketId, type ShownEvent } from "./publish-event.ts"

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

/** Which of a shop's events; what is left out does not narrow. */
const filter = {
  /** `received_at` at or after. */
  from: time.optional(),
  /** `received_at` before. */
  to: time.optional(),
  session_id: BasketId.optional(),
  category_id: z.string("expected a string").max(200, "expected at most 200 characters").optional(),
}

export const HistoryFilter = z.object(filter)
export type HistoryFilter = z.infer<typeof HistoryFilter>

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
