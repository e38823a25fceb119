import { z } from "zod"
import type { ShownEvent } from "./publish-event.ts"

/** Most events of one page. */
export const MAX_PAGE_EVENTS = 500

const sequence = z.number("expected a whole number").int("expected a whole number").min(0, "expected 0 or more")

/** The params of `read`, a call of a feed: where to read on in the shop's history. */
export const ReadParams = z.object(
  {
    /** The sequence after which to go on; left out: at the log's end, so that nothing is read but where that is. */
    after: sequence.optional(),
    limit: sequence.min(1, "expected 1 to 500").max(MAX_PAGE_EVENTS, "expected 1 to 500").default(MAX_PAGE_EVENTS),
  },
  "expected a JSON object",
)
export type ReadParams = z.infer<typeof ReadParams>

/** A part of a shop's history, oldest first. */
export interface HistoryPart {
  readonly events: readonly ShownEvent[]
  /** The sequence up to which that is all of the shop's: what to send as `after` to go on. */
  readonly after: number
  /** True when the log's end is reached, for now. */
  readonly end: boolean
}
