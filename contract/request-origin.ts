/**
 * NATS headers by which a request is followed: from the edge, which has them in its RES requests, to the messages of the log, and from
 * there to the archive. Over HTTP they have the same names.
 */
export const originHeaders = {
  /** The ID of the HTTP request. */
  requestId: "X-Request-Id",
  /** The trace that a request belongs to, and its span. Source: W3C Trace Context, "traceparent Header". */
  trace: "traceparent",
} as const

const USABLE_ID = /^[A-Za-z0-9._-]{1,128}$/

const TRACE = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Whether a text can be the ID of a request: letters, digits, `.`, `_` and `-`, at most 128. Others are replaced by a new one. */
export function isRequestId(text: string): boolean {
  return USABLE_ID.test(text)
}

/** Whether a text names a trace and a span. */
export function isTraceparent(text: string): boolean {
  return TRACE.test(text)
}
