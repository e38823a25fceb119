import { hasManyHosts } from "res-service"
import type { OwnPages } from "../../config/own-pages.ts"
import { originHeaders } from "../../contract/request-origin.ts"
import { crossOrigin, onlyPages } from "./cross-origin.ts"
import type { Exchange } from "./exchange.ts"
import { HttpProblem } from "./problem.ts"
import type { RateLimits } from "./rate-limits.ts"
import { securityHeaders } from "./security-headers.ts"

/** Sets headers of an answer, or refuses the request by throwing an `HttpProblem`. */
export type Check = (exchange: Exchange) => void

export interface CheckOptions {
  /** Origins whose pages may read answers; `*` means all. */
  readonly origins: readonly string[]
  /** The admitted pages; undefined admits all. */
  readonly pages: OwnPages | undefined
  readonly limits: RateLimits
}

/** What requests pass before their routes, in this order, whether Express routes them or `leanPublish`. */
export class Checks {
  /** For every request. */
  readonly first: Check
  /** For all requests but probes: a busy edge is not dead. */
  readonly counted: Check
  /** For requests that may concern data, so not for the product's own pages: other sites may use the widget. */
  readonly data: Check

  constructor({ origins, pages, limits }: CheckOptions) {
    const corsHeaders = crossOrigin(origins)
    this.first = (exchange) => {
      exchange.res.setHeader(originHeaders.requestId, exchange.requestId)
      securityHeaders(exchange)
      oneHost(exchange)
      corsHeaders(exchange)
    }
    this.counted = (exchange) => limits.countRequest(exchange)
    this.data = onlyPages(pages)
  }
}

/** Answers 400 to a request with several `Host` headers: a proxy and the edge could each use a different one. */
function oneHost({ req }: Exchange): void {
  if (hasManyHosts(req)) throw new HttpProblem(400, "There is more than one Host header")
}
