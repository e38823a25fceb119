import { z } from "zod"

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

/** The edge's own refusals; the service's codes come as they are. */
export const legacyErrors = {
  "legacy.notJson": "A message is a text frame with a JSON object",
  "legacy.unknownEvent": "The message has no event that is known",
  "legacy.unavailable": "The change may or may not be stored; try again",
} as const

/** The message of `legacy.unavailable` when nothing was tried. */
export const NOTHING_TRIED = "The service is unavailable, so nothing was tried; try again later"

export type LegacyErrorCode = keyof typeof legacyErrors
