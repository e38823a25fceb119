import type { ShownEvent } from "../../contract/publish-event.ts"

/**
 * What is sent of a stream of events, in UTF-8. No line ends but `\n`, and none within JSON, so a datum is one line.
 *
 * Source: WHATWG HTML, "Server-sent events", "Parsing an event stream".
 */

/** A comment: so that a connection on which nothing happens does not look dead. */
export const heartbeat = comment("")

/** An event named `action`, whose id is the event's sequence. */
export function actionFrame(event: ShownEvent): Buffer {
  return Buffer.from(`id: ${event.seq}\nevent: action\ndata: ${JSON.stringify(event)}\n\n`)
}

/** An event without an id of its own: a reader that comes again says the same as before. */
export function noticeFrame(name: "erased" | "restart", data: unknown): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** Sets the id from which the reader goes on when it comes again, and is no event. */
export function positionFrame(seq: number): Buffer {
  return Buffer.from(`id: ${seq}\n\n`)
}

/** Tells when to come again after the connection has ended, in ms. */
export function retryFrame(ms: number): Buffer {
  return Buffer.from(`retry: ${ms}\n\n`)
}

/** @param text without line ends */
export function comment(text: string): Buffer {
  return Buffer.from(`:${text === "" ? "" : ` ${text}`}\n\n`)
}
