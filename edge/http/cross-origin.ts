import type { IncomingMessage } from "node:http"
import cors from "cors"
import type { RequestHandler } from "express"

/** Headers of answers that pages of other origins may read. */
const EXPOSED = [
  "X-Event-Seq",
  "X-Request-Id",
  "Retry-After",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "WWW-Authenticate",
]
/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_MAX_AGE_S = 600

/**
 * CORS for pages of these origins, all for `*`. Without any there are no CORS headers, and browsers keep other origins' pages
 * out. No credentials: a token comes in a header that a page must set itself, never in a cookie.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_req, _res, next) => next()
  return cors({
    origin: origins.includes("*") ? "*" : [...origins],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_MAX_AGE_S,
  })
}

/**
 * Whether a WebSocket may be opened, for which browsers ask no CORS. Who sends no Origin is no browser; a page that was loaded
 * from here may always.
 */
export function isOriginAllowed({ headers: { origin, host } }: IncomingMessage, origins: readonly string[]): boolean {
  if (origins.length === 0 || origin === undefined || origins.includes("*")) return true
  return origins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host)
}
