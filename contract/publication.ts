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
  const others = { idempotency_key: IdempotencyKey.optional(), producer: Producer.optional() }
  const Single = z.object({ events: Event.transform((event) => [event]), ...others }).superRefine(onlyOne)
  const Batch = z
    .object({ events: z.array(Event).min(1, "expected at least one event"), ...others })
    .superRefine(onlyOne)
  return {
    "~standard": {
      version: 1,
      vendor: "shopwire",
      validate: (params) => {
        const given = (isEnvelope(params) ? params : { events: params }) as GivenParams
        const batch = Array.isArray(given.events)
        if (Array.isArray(given.events) && given.events.length > MAX_BATCH_EVENTS) {
          throw serviceError("store.tooManyEvents", { limit: MAX_BATCH_EVENTS })
        }
        const parsed = (batch ? Batch : Single).safeParse(given)
        if (parsed.success) {
          const { events, idempotency_key: idempotencyKey, producer } = parsed.data
          const shared = namesSession(given) ? sharedIn(given) : undefined
          if (shared !== undefined && "issues" in shared) return shared
          return { value: { events, batch, idempotencyKey, producer, shared } }
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

/** The params of a publication, before they are validated. */
interface GivenParams {
  readonly events: unknown
  readonly shared?: unknown
}

interface Issues {
  readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[]
}

/** Whether a publication, or an event of it, names a shared session. Nearly none does, so this is all that it costs the others. */
function namesSession({ events, shared }: GivenParams): boolean {
  return shared !== undefined || (Array.isArray(events) ? events.some(hasSession) : hasSession(events))
}

function hasSession(event: unknown): boolean {
  return sessionMember(event) !== undefined
}

function sessionMember(event: unknown): unknown {
  return (event as { readonly shared_session?: unknown }).shared_session
}

/** The sessions of valid events. */
function sharedIn({ events, shared }: GivenParams): NonNullable<Publication["shared"]> | Issues {
  const sharing = Sharing.safeParse(shared ?? {})
  if (!sharing.success) {
    return { issues: sharing.error.issues.map(({ message, path }) => ({ message, path: ["shared", ...path] })) }
  }
  const { name, invite, session } = sharing.data
  const named = Array.isArray(events)
    ? events.map((event, i) => sessionOf(event, session, [i]))
    : [sessionOf(events, session, [])]
  const issues = named.flatMap((each) => ("issues" in each ? each.issues : []))
  if (issues.length > 0) return { issues }
  return { name, invite, sessions: named.map((each) => ("session" in each ? each.session : undefined)) }
}

/** The session that an event names, or else all of its publication. */
function sessionOf(
  event: unknown,
  session: NamedSession,
  at: readonly PropertyKey[],
): { readonly session: NamedSession } | Issues {
  const path = [...at, "shared_session"]
  const parsed = SharedSession.safeParse(sessionMember(event))
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
