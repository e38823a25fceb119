import { z } from "zod"

/**
 * The old BuddyShopping protocol: text frames with a JSON object `{ "event", "payload" }`. What a payload must be, the service
 * decides; here only the envelope is read.
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

/** A message to a client. */
export function encodeMessage(event: string, payload: unknown): string {
  return JSON.stringify({ event, payload })
}

export function encodeError(code: string, message: string): string {
  return encodeMessage("error", { code, message })
}

const UPDATE_START = Buffer.from('{"event":"multicartUpdate","payload":{"multicartContent":')
const UPDATE_END = Buffer.from("}}")

/**
 * A `multicartUpdate`.
 *
 * @param multicartContent JSON text of `[{ owner, content }]`
 */
export function encodeUpdate(multicartContent: Buffer): Buffer {
  return Buffer.concat([UPDATE_START, multicartContent, UPDATE_END])
}

/** Reads a text frame; gives the code of what is wrong with it. */
export function readMessage(text: string): LegacyMessage | LegacyErrorCode {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return "legacy.notJson"
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "legacy.notJson"
  const parsed = LegacyMessage.safeParse(value)
  return parsed.success ? parsed.data : "legacy.unknownEvent"
}
