import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import helmet from "helmet"
import type { Exchange } from "./exchange.ts"

/** Helmet's headers are the same for all requests, so it is asked only once. */
class Recorder extends ServerResponse {
  readonly headers: [name: string, value: string][] = []

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.headers.push([name, String(value)])
    return this
  }
}

const recorder = new Recorder(new IncomingMessage(new Socket()))
helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // CORS_ORIGINS decides which sites may read an answer.
  crossOriginResourcePolicy: { policy: "same-origin" },
})(recorder.req, recorder, () => {})

/**
 * Sets the security headers of the API's answers. These are data: a browser must not run or frame them, or guess their type. Pages
 * have their own policy.
 */
export function securityHeaders({ res }: Exchange): void {
  for (const [name, value] of recorder.headers) res.setHeader(name, value)
}
