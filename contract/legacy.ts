import { z } from "zod"
import type { Owner } from "./session.ts"
import type { CartUpdate, CustomerRef, Introduction, Invitation, ReadyUpdate, Resumption } from "./session-calls.ts"

/**
 * The old BuddyShopping protocol: text frames with a JSON object `{ "event", "payload" }`. What a payload must be, the service
 * decides: see `session-calls.ts`.
 *
 * Source: design.md, "Legacy WebSocket".
 */
export const LegacyMessage = z.object({
  event: z.enum([
    "startSession",
    "joinSession",
    "updateCart",
    "customerReadyToCheckout",
    // Later additions, which old clients do not send.
    "resumeSession",
    "leaveSession",
    "kick",
    "createInvite",
    "ping",
  ]),
  payload: z.unknown().optional(),
})
export type LegacyMessage = z.infer<typeof LegacyMessage>

/** What clients send, by event; undefined: no payload. */
export interface ClientPayloads extends Record<LegacyMessage["event"], unknown> {
  startSession: z.input<typeof Introduction>
  joinSession: z.input<typeof Introduction>
  updateCart: z.input<typeof CartUpdate>
  customerReadyToCheckout: Omit<z.input<typeof ReadyUpdate>, "keepWish">
  resumeSession: z.input<typeof Resumption>
  leaveSession: undefined
  kick: z.input<typeof CustomerRef>
  createInvite: NonNullable<z.input<typeof Invitation>>
  ping: undefined
}

interface NewMember {
  readonly customerId: string
  readonly resumeToken: string
}

/** What the edge sends, by event. */
export interface ServerPayloads {
  readonly startSession: NewMember
  readonly joinSession: NewMember
  readonly resumeSession: { readonly customerId: string }
  readonly leaveSession: Record<string, never>
  readonly createInvite: { readonly invite: string }
  /** Whether this socket speaks for the customer, or another one has resumed the customer. */
  readonly speaking: { readonly customerId: string; readonly isSpeaking: boolean }
  /** Whether the service behind the edge answers too. */
  readonly ping: { readonly isLive: boolean }
  readonly multicartUpdate: {
    readonly multicartContent: readonly { readonly owner: Owner; readonly content: object }[]
  }
  readonly error: { readonly code: string; readonly message: string }
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
