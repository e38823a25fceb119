import { z } from "zod"
import { Owner } from "./session.ts"
import { CartUpdate, CustomerRef, Introduction, Invitation, ReadyUpdate, Resumption } from "./session-calls.ts"

/** For an event without a payload. */
const nothing = z.undefined()

/**
 * What clients send, by event. The edge passes a payload on to the service as it is, and the service checks it.
 *
 * Source: design.md, "Legacy WebSocket".
 */
export const clientPayloads = {
  startSession: Introduction,
  joinSession: Introduction,
  updateCart: CartUpdate,
  customerReadyToCheckout: ReadyUpdate.omit({ keepWish: true }),
  // Later additions, which old clients do not send.
  resumeSession: Resumption,
  leaveSession: nothing,
  kick: CustomerRef,
  createInvite: Invitation.unwrap(),
  ping: nothing,
} as const satisfies Readonly<Record<string, z.ZodType>>
export type ClientPayloads = {
  readonly [E in keyof typeof clientPayloads]: z.input<(typeof clientPayloads)[E]>
}

/** A message of a client: a text frame with a JSON object `{ "event", "payload" }`. */
export const LegacyMessage = z.object({ event: z.object(clientPayloads).keyof(), payload: z.unknown().optional() })
export type LegacyMessage = z.infer<typeof LegacyMessage>

const NewMember = z.object({ customerId: z.string(), resumeToken: z.string() })

/** What the edge sends, by event. */
export const serverPayloads = {
  startSession: NewMember,
  joinSession: NewMember,
  resumeSession: z.object({ customerId: z.string() }),
  leaveSession: z.object({}),
  createInvite: z.object({ invite: z.string() }),
  /** Whether this socket speaks for the customer, or another one has resumed the customer. */
  speaking: z.object({ customerId: z.string(), isSpeaking: z.boolean() }),
  /** Whether the service behind the edge answers too. */
  ping: z.object({ isLive: z.boolean() }),
  multicartUpdate: z.object({
    multicartContent: z.array(z.object({ owner: Owner, content: z.looseObject({}) })).readonly(),
  }),
  error: z.object({ code: z.string(), message: z.string() }),
} as const satisfies Readonly<Record<string, z.ZodType>>
export type ServerPayloads = {
  readonly [E in keyof typeof serverPayloads]: z.input<(typeof serverPayloads)[E]>
}

/** The edge's own refusals; the service's codes come as they are. */
export const legacyErrors = {
  "legacy.notJson": "A message is a text frame with a JSON object",
  "legacy.unknownEvent": "The message has no event that is known",
  "legacy.unavailable": "The change may or may not be stored; try again",
} as const

/** The message of `legacy.unavailable` when nothing was tried. */
export const NOTHING_TRIED = "The service is unavailable, so nothing was tried; try again later"

export type LegacyErrorCode = keyof typeof legacyErrors
