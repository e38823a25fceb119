import { LegacyMessage } from "../contract/legacy.ts"
import { type Metrics, type MetricTable, REQUEST_BUCKETS } from "../observe/metrics.ts"
import { type EndedRequest, occurrences, refusalLimits, slowDoors } from "../observe/occurrences.ts"

/** The methods that routes know; any other is `other`. */
const methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "other"] as const

/** The metrics of an edge. */
export const edgeTable = {
  shopwire_http_requests_total: {
    type: "counter",
    help: "HTTP requests that have ended.",
    labels: {
      route: "a route, such as `/publish/:shop_id`; `other`: there is nothing at the path, or a page",
      method: methods,
      status: "the status; 499: the client left before the answer began",
    },
  },
  shopwire_http_request_seconds: {
    type: "histogram",
    help: "Time from the headers of an HTTP request to the end of its answer; for a stream, how long it was read.",
    labels: { route: "as above" },
    buckets: REQUEST_BUCKETS,
  },
  shopwire_legacy_sockets: {
    type: "gauge",
    help: "Open sockets of the old WebSocket protocol.",
  },
  shopwire_legacy_messages_total: {
    type: "counter",
    help: "Messages of old storefronts.",
    labels: { event: [...LegacyMessage.shape.event.options, "invalid"] },
  },
  shopwire_legacy_merged_bytes_total: {
    type: "counter",
    help: "Bytes of session updates that old storefronts were not sent, because a newer one followed.",
  },
  shopwire_stream_readers: {
    type: "gauge",
    help: "Readers of `GET /stream/{shop_id}`.",
  },
  shopwire_event_delivered_seconds: {
    type: "histogram",
    help: "Time from storing an event to sending it to the readers of its shop's stream, once for all readers.",
    buckets: REQUEST_BUCKETS,
  },
  shopwire_slow_clients_total: {
    type: "counter",
    help: "Clients cut off because they did not take their data.",
    labels: { door: slowDoors },
  },
  shopwire_refused_total: {
    type: "counter",
    help: "Requests and connections refused because of a limit.",
    labels: { limit: refusalLimits },
  },
} as const satisfies MetricTable

/** Counts what an edge does. */
export function countEdge(metrics: Metrics): void {
  const made = metrics.make(edgeTable)
  for (const limit of refusalLimits) made.shopwire_refused_total.inc({ limit }, 0)
  for (const door of slowDoors) made.shopwire_slow_clients_total.inc({ door }, 0)
  occurrences.httpRequest.on(({ route, method, status, ms }) => {
    made.shopwire_http_requests_total.inc({ route, method: methodLabel(method), status })
    made.shopwire_http_request_seconds.observe({ route }, ms / 1000)
  })
  occurrences.legacySocket.on((change) => made.shopwire_legacy_sockets.inc({}, change === "opened" ? 1 : -1))
  occurrences.legacyMessage.on((event) => made.shopwire_legacy_messages_total.inc({ event }))
  occurrences.mergedUpdate.on((bytes) => made.shopwire_legacy_merged_bytes_total.inc({}, bytes))
  occurrences.streamReader.on((change) => made.shopwire_stream_readers.inc({}, change === "opened" ? 1 : -1))
  occurrences.delivered.on((ms) => made.shopwire_event_delivered_seconds.observe({}, ms / 1000))
  occurrences.slowClient.on((door) => made.shopwire_slow_clients_total.inc({ door }))
  occurrences.refused.on((limit) => made.shopwire_refused_total.inc({ limit }))
}

function methodLabel(method: EndedRequest["method"]): (typeof methods)[number] {
  return methods.find((each) => each === method) ?? "other"
}
