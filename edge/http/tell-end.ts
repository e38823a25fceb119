import type { ServerResponse } from "node:http"
import { occurrences } from "../../observe/occurrences.ts"
import type { Exchange } from "./exchange.ts"

/** The status in metrics and logs of a request whose client left before its answer began, as nginx has it. */
const CLIENT_LEFT = 499

/**
 * Tells when an exchange has ended.
 *
 * @param routeOf the pattern of the path, asked at the end
 */
export function tellEnd(exchange: Exchange, res: ServerResponse, routeOf: () => string): void {
  res.once("close", () => {
    const { req, requestId, startedAt } = exchange
    occurrences.httpRequest.tell({
      requestId,
      method: req.method ?? "",
      route: routeOf(),
      status: res.headersSent ? res.statusCode : CLIENT_LEFT,
      ms: performance.now() - startedAt,
    })
  })
}
