import type { IncomingMessage } from "node:http"
import type { RequestHandler } from "express"
import type { OwnPages } from "../../config/own-pages.ts"
import { SHARED_SESSION_STATUS } from "../../contract/shared-session-headers.ts"
import type { Check } from "./checks.ts"
import { HttpProblem } from "./problem.ts"

/** Headers of answers that pages of other origins may read. */
const EXPOSED = [
  "X-Event-Seq",
  "X-Request-Id",
  "Producer-Repeated",
  "Producer-Missing",
  SHARED_SESSION_STATUS,
  "Retry-After",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "WWW-Authenticate",
].join(",")
/** Methods that pages of other origins may use. */
const METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE"
/** How long a browser may cache a preflight, in seconds. */
const PREFLIGHT_MAX_AGE_S = 600

/**
 * CORS for pages of these origins; `*` means all. Without origins there are no CORS headers, so browsers keep pages of other
 * origins out. Credentials are not allowed here: pages send their token in a header. Only streams and exports accept the cookie
 * AUTH_COOKIE, and allow credentials themselves; see `readerOf`.
 */
export function crossOrigin(origins: readonly string[]): Check {
  if (origins.length === 0) return () => {}
  const isForAll = origins.includes("*")
  return ({ req: { headers }, res }) => {
    if (isForAll) res.setHeader("Access-Control-Allow-Origin", "*")
    else {
      if (headers.origin !== undefined && origins.includes(headers.origin))
        res.setHeader("Access-Control-Allow-Origin", headers.origin)
      res.setHeader("Vary", "Origin")
    }
    res.setHeader("Access-Control-Expose-Headers", EXPOSED)
  }
}

/**
 * With origins: answers every OPTIONS request as a preflight, after `crossOrigin`. Any header may be sent.
 *
 * Source: Fetch, "CORS-preflight fetch".
 */
export function preflights(origins: readonly string[]): RequestHandler {
  return ({ method, headers }, res, next) => {
    if (origins.length === 0 || method !== "OPTIONS") return next()
    res.vary("Access-Control-Request-Headers")
    const asked = headers["access-control-request-headers"]
    if (asked) res.set("Access-Control-Allow-Headers", asked)
    res.set({
      "Access-Control-Allow-Methods": METHODS,
      "Access-Control-Max-Age": String(PREFLIGHT_MAX_AGE_S),
      "Content-Length": "0",
    })
    res.status(204).end()
  }
}

/** Refuses requests of foreign pages with 403; see `OwnPages`. Undefined admits all pages. */
export function onlyPages(pages: OwnPages | undefined): Check {
  return ({ req: { method, headers } }) => {
    const refusal = pages?.refusal({ method, origin: headers.origin, host: headers.host })
    if (refusal !== undefined) throw new HttpProblem(403, refusal)
  }
}

/**
 * The reason to refuse a page's WebSocket, or undefined; browsers do not apply CORS to WebSockets. Clients without an `Origin`
 * are not browsers, and pages loaded from this edge may always connect.
 */
export function webSocketRefusal(
  { headers: { origin, host } }: IncomingMessage,
  origins: readonly string[],
  pages: OwnPages | undefined,
): string | undefined {
  // Old storefronts run on other servers; those on this machine belong to the developer.
  if (pages?.isLocal({ origin, host })) return undefined
  // As with POST, browsers send an Origin with every WebSocket.
  if (pages !== undefined) return pages.refusal({ method: "POST", origin, host })
  if (origins.length === 0 || origin === undefined || origins.includes("*")) return undefined
  const isAllowed = origins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host)
  return isAllowed ? undefined : "Pages of that origin may not connect"
}
