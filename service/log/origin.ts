import type { BaseRequest, Headers } from "res-service"
import { isRequestId, isTraceparent, originHeaders } from "../../contract/request-origin.ts"
import type { MessageHeader } from "../jetstream/consumption.ts"

const { requestId: REQUEST_ID, trace: TRACE } = originHeaders

/** The headers by which a RES request can be followed, for the messages that it stores; undefined: it has none. */
export function originOf({ natsHeader }: Pick<BaseRequest<string>, "natsHeader">): Headers | undefined {
  const id = natsHeader(REQUEST_ID)
  const trace = natsHeader(TRACE)
  // Every publish comes by here, and most have only an ID.
  const origin = id !== undefined && isRequestId(id) ? { [REQUEST_ID]: id } : undefined
  return trace !== undefined && isTraceparent(trace) ? { ...origin, [TRACE]: trace } : origin
}

/** The trace of the request that has stored a message; undefined: it has none. */
export function traceIn(headers: MessageHeader | undefined): string | undefined {
  const trace = headers?.get(TRACE) ?? ""
  return isTraceparent(trace) ? trace : undefined
}

/** The ID of the request that has stored a message; undefined: another program has published it, or wrote something else there. */
export function requestIdIn(headers: MessageHeader | undefined): string | undefined {
  const id = headers?.get(REQUEST_ID) ?? ""
  return isRequestId(id) ? id : undefined
}
