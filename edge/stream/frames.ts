import type { ShownEvent } from "../../contract/publish-event.ts"

/**
 * The frames of a stream of events, in UTF-8. The only line end is `\n`, and JSON has none, so data is always one line.
 *
 * Source: WHATWG HTML, "Server-sent events", "Parsing an event stream".
 */

/** A comment, so that an idle connection does not look dead. */
export const heartbeat = comment("")

/** An event named `action`; its id is the event's sequence. */
export function actionFrame(event: ShownEvent): Buffer {
  return Buffer.from(`id: ${event.seq}\nevent: action\ndata: ${JSON.stringify(event)}\n\n`)
}

/** An event without an id: a reader that reconnects sends the same id as before. */
export function noticeFrame(name: "erased" | "restart", data: unknown): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** Sets the id that the reader sends when it reconnects, without an event. */
export function positionFrame(seq: number): Buffer {
  return Buffer.from(`id: ${seq}\n\n`)
}

/** Sets the reader's pause before it reconnects, in ms. */
export function retryFrame(ms: number): Buffer {
  return Buffer.from(`retry: ${ms}\n\n`)
}

/** @param text without line ends */
export function comment(text: string): Buffer {
  return Buffer.from(`:${text === "" ? "" : ` ${text}`}\n\n`)
}
