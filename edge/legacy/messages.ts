import { type LegacyErrorCode, LegacyMessage, type ServerPayloads } from "../../contract/legacy.ts"

/** A message to a client. */
export function encodeMessage<E extends keyof ServerPayloads>(event: E, payload: ServerPayloads[E]): string {
  return JSON.stringify({ event, payload })
}

const UPDATE_START = Buffer.from('{"event":"multicartUpdate","payload":{"multicartContent":')
const UPDATE_END = Buffer.from("}}")

/**
 * A `multicartUpdate`. Leaves out carts that could not be loaded: old clients read `owner` of each.
 *
 * @param multicartContent JSON text of `[{ owner, content }]`, with null for a cart that could not be loaded
 */
export function encodeUpdate(multicartContent: Buffer): Buffer {
  return Buffer.concat([UPDATE_START, loadedCarts(multicartContent), UPDATE_END])
}

function loadedCarts(multicartContent: Buffer): Buffer {
  // Parsing takes long, and all other elements are objects.
  if (multicartContent.indexOf("[null") !== 0 && !multicartContent.includes("},null")) return multicartContent
  const carts: unknown[] = JSON.parse(multicartContent.toString())
  const loaded = carts.filter((cart) => cart !== null)
  return loaded.length === carts.length ? multicartContent : Buffer.from(JSON.stringify(loaded))
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
