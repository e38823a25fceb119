import { type LegacyErrorCode, LegacyMessage, type ServerPayloads } from "../../contract/legacy.ts"

/** A message to a client. */
export function encodeMessage<E extends keyof ServerPayloads>(event: E, payload: ServerPayloads[E]): string {
  return JSON.stringify({ event, payload })
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
