import type { ServerResponse } from "node:http"
import { originHeaders } from "../../contract/request-origin.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Tracing } from "../../observe/tracing.ts"
import type { Exchange } from "./exchange.ts"

/** The status in metrics and logs of a request whose client left before its answer began, as nginx has it. */
const CLIENT_LEFT = 499

/** Begins the spans of requests; undefined: they are not traced. */
export type RequestTracing = Pick<Tracing, "begin"> | undefined

/**
 * Traces an exchange, if wished, and tells when it has ended. Call it when the exchange begins.
 *
 * @param routeOf the pattern of the path, asked at the end
 */
export function follow(exchange: Exchange, res: ServerResponse, routeOf: () => string, tracing: RequestTracing): void {
  const { req, requestId, startedAt } = exchange
  const method = req.method ?? ""
  const span = tracing?.begin({ name: method, kind: "server", parent: exchange.trace })
  if (span !== undefined) exchange.trace = span.traceparent
  res.once("close", () => {
    const route = routeOf()
    const status = res.headersSent ? res.statusCode : CLIENT_LEFT
    occurrences.httpRequest.tell({ requestId, method, route, status, ms: performance.now() - startedAt })
    span?.end({
      name: `${method} ${route}`,
      attributes: {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        [REQUEST_ID]: requestId,
      },
      failed: status >= 500,
    })
  })
}

/** The attribute of a span that has a request's ID. Source: OpenTelemetry, "HTTP headers as attributes". */
const REQUEST_ID = `http.request.header.${originHeaders.requestId.toLowerCase()}`
