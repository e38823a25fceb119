import type { StandardSchema } from "res-service/contract"
import { z } from "zod"
import { serviceError } from "./errors.ts"
import { MAX_BATCH_EVENTS } from "./limits.ts"
import { Producer, ProducerAnswer } from "./producer.ts"
import { IdempotencyKey, PublishEvent } from "./publish-event.ts"
import { type NamedSession, SharedSession, Sharing } from "./shared-session.ts"

/** What `publish` was called with, validated. */
export interface Publication {
  readonly events: readonly PublishEvent[]
  /** Whether they came as an array, which makes the answer one too. */
  readonly batch: boolean
  readonly idempotencyKey: string | undefined
  readonly producer: Producer | undefined
  /** The session that each event names, and how their shopper joins it. Undefined: no event names one. */
  readonly shared: (Pick<Sharing, "name" | "invite"> & { readonly sessions: readonly NamedSession[] }) | undefined
}

/**
 * The params of `publish`: an event; an array of 1 to 1,000 events; or either of them as `events` in an object, beside an
 * `idempotency_key` or a `producer`, and `shared`. Paths of problems start at the event or the array, or at the object for the other
 * members. An event may have a member `shared_session`.
 *
 * A schema of its own rather than a union, whose problems would be those of every branch.
 *
 * @param Event what is taken for an event
 * @throws {ResError} `store.tooManyEvents`
 */
export function publishParams(Event: z.ZodType<PublishEvent>): StandardSchema<unknown, Publication> {
  const others = {
    idempotency_key: IdempotencyKey.optional(),
    producer: Producer.optional(),
    shared: Sharing.optional(),
  }
  const Single = z.object({ events: Event.transform((event) => [event]), ...others }).superRefine(onlyOne)
  const Batch = z
    .object({ events: z.array(Event).min(1, "expected at least one event"), ...others })
    .superRefine(onlyOne)
  const oneOrMany = z.union([Event, z.array(Event).min(1).max(MAX_BATCH_EVENTS)])
  /** What is taken, for documents. */
  const Anything = z.union([oneOrMany, z.object({ events: oneOrMany, ...others })])
  return {
    "~standard": {
      version: 1,
      vendor: "shopwire",
      jsonSchema: { input: (options) => Anything["~standard"].jsonSchema.input(options) },
      validate: (params) => {
        const given = (isEnvelope(params) ? params : { events: params }) as { events: unknown }
        const batch = Array.isArray(given.events)
        if (Array.isArray(given.events) && given.events.length > MAX_BATCH_EVENTS) {
          throw serviceError("store.tooManyEvents", { limit: MAX_BATCH_EVENTS })
        }
        const parsed = (batch ? Batch : Single).safeParse(given)
        if (!parsed.success) {
          const issues = parsed.error.issues.map(({ message, path }) => ({
            message,
            path: path[0] === "events" ? path.slice(1) : path,
          }))
          return { issues }
        }
        const { events, idempotency_key: idempotencyKey, producer, shared } = parsed.data
        const publication = { events, batch, idempotencyKey, producer }
        const sent = [given.events].flat() as readonly SentMembers[]
        // Nearly all publications name no session, and cost no more than this look.
        if (shared === undefined && !sent.some(namesSession)) return { value: { ...publication, shared: undefined } }
        const { name, invite, session } = shared ?? Sharing.parse({})
        const named = sent.map((event, i) => sessionOf(event, session, batch ? [i] : []))
        const issues = named.flatMap((each) => ("issues" in each ? each.issues : []))
        if (issues.length > 0) return { issues }
        const sessions = named.map((each) => ("session" in each ? each.session : undefined))
        return { value: { ...publication, shared: { name, invite, sessions } } }
      },
    },
  }
}

/** What an event may have beside its fields. */
interface SentMembers {
  readonly shared_session?: unknown
}

function namesSession({ shared_session }: SentMembers): boolean {
  return shared_session !== undefined
}

/** The session that an event names, or else all of its publication. */
function sessionOf(
  { shared_session }: SentMembers,
  session: NamedSession,
  at: readonly (string | number)[],
): { readonly session: NamedSession } | { readonly issues: { message: string; path: (string | number)[] }[] } {
  const path = [...at, "shared_session"]
  const parsed = SharedSession.safeParse(shared_session)
  if (!parsed.success) return { issues: parsed.error.issues.map(({ message }) => ({ message, path })) }
  if (parsed.data === undefined || parsed.data === session) return { session }
  if (session === undefined) return { session: parsed.data }
  return { issues: [{ message: "expected the shared session that the request names", path }] }
}

/** Refuses a key beside a producer: each alone says when a request is a repetition. */
function onlyOne(
  { idempotency_key, producer }: { readonly idempotency_key?: string | undefined; readonly producer?: unknown },
  context: z.RefinementCtx,
): void {
  if (idempotency_key === undefined || producer === undefined) return
  context.addIssue({ code: "custom", path: ["idempotency_key"], message: "expected no key beside a producer" })
}

/** True for an object with `events`; an event may have a member `events` too, as it may have any unknown one. */
function isEnvelope(params: unknown): boolean {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, "events")) return false
  return !Object.keys(PublishEvent.shape).some((field) => Object.hasOwn(params, field))
}

/** For a request of a producer. */
const producer = ProducerAnswer.optional()

/** Whether the basket of the last event is a member's cart in the session that it names: `joined`, or why not. Only if it is known already. */
const shared = z.string().optional()

/**
 * The answer to `publish`: sequences in the log; a list for an array. A sequence is 0 if a producer repeats what it has stored, and
 * the log does not know any more where.
 */
export const Published = z.union([
  z.object({ seq: z.int(), producer, shared }),
  z.object({ seqs: z.array(z.int()).readonly(), producer, shared }),
])
export type Published = z.infer<typeof Published>
