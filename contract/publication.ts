import type { StandardSchema } from "res-service/contract"
import { z } from "zod"
import { serviceError } from "./errors.ts"
import { MAX_BATCH_EVENTS } from "./limits.ts"
import { IdempotencyKey, PublishEvent } from "./publish-event.ts"

/** What `publish` was called with, validated. */
export interface Publication {
  readonly events: readonly PublishEvent[]
  /** Whether they came as an array, which makes the answer one too. */
  readonly batch: boolean
  readonly idempotencyKey: string | undefined
}

/**
 * The params of `publish`: an event; an array of 1 to 1,000 events; or `{ events, idempotency_key }` with either of them in
 * `events`. Paths of problems start at the event or the array.
 *
 * A schema of its own rather than a union, whose problems would be those of every branch.
 *
 * @param Event what is taken for an event
 * @throws {ResError} `store.tooManyEvents`
 */
export function publishParams(Event: z.ZodType<PublishEvent>): StandardSchema<unknown, Publication> {
  const idempotency_key = IdempotencyKey.optional()
  const Single = z.object({ events: Event.transform((event) => [event]), idempotency_key })
  const Batch = z.object({ events: z.array(Event).min(1, "expected at least one event"), idempotency_key })
  return {
    "~standard": {
      version: 1,
      vendor: "shopwire",
      validate: (params) => {
        const given = (isEnvelope(params) ? params : { events: params }) as { events: unknown }
        const batch = Array.isArray(given.events)
        if (Array.isArray(given.events) && given.events.length > MAX_BATCH_EVENTS) {
          throw serviceError("store.tooManyEvents", { limit: MAX_BATCH_EVENTS })
        }
        const parsed = (batch ? Batch : Single).safeParse(given)
        if (parsed.success) {
          return { value: { events: parsed.data.events, batch, idempotencyKey: parsed.data.idempotency_key } }
        }
        const issues = parsed.error.issues.map(({ message, path }) => ({
          message,
          path: path[0] === "events" ? path.slice(1) : path,
        }))
        return { issues }
      },
    },
  }
}

/** True for `{ events, idempotency_key }`; an event may have a member `events` too, as it may have any unknown one. */
function isEnvelope(params: unknown): boolean {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, "events")) return false
  return !Object.keys(PublishEvent.shape).some((field) => Object.hasOwn(params, field))
}

/** The answer to `publish`: sequences in the log; a list for an array. */
export const Published = z.union([z.object({ seq: z.int() }), z.object({ seqs: z.array(z.int()).readonly() })])
export type Published = z.infer<typeof Published>
