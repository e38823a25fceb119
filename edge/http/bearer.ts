import type { Request, Response } from "express"
import type { CallOptions } from "res-service/client"
import type { AuthCookie } from "../../config/auth.ts"
import type { RequestToken } from "../../contract/credentials.ts"
import { bearerIn, cookieIn } from "../../contract/credentials.ts"
import type { Exchange } from "./exchange.ts"
import { exchangeOf } from "./in-express.ts"
import { HttpProblem } from "./problem.ts"

/**
 * The caller in whose name the edge asks the service: the token, which the service checks, the address, which it counts, and the headers
 * by which the request can be followed.
 */
export type Caller = Pick<CallOptions, "token" | "remoteAddr" | "headers">

/**
 * Reads `Authorization: Bearer`, which the service verifies. Any other `Authorization` is answered with 401.
 */
export function callerOf(exchange: Exchange): Caller {
  const header = exchange.header("authorization")
  const { clientAddress: remoteAddr, origin: headers } = exchange
  if (header === undefined) return { remoteAddr, headers }
  const bearer = bearerIn(header)
  if (bearer === undefined) {
    throw new HttpProblem(401, "The Authorization cannot be used", [
      { header: "Authorization", detail: "expected Bearer and a token" },
    ])
  }
  return { token: { bearer } satisfies RequestToken, remoteAddr, headers }
}

/**
 * As `callerOf`, for reads where a browser cannot set headers: without an `Authorization`, the token may come in the configured
 * cookie, from pages of the cookie's origins and of this edge.
 */
export function readerOf(req: Request, cookie: AuthCookie | undefined): Caller {
  const exchange = exchangeOf(req)
  if (cookie === undefined || req.get("authorization") !== undefined || !mayBring(req, cookie))
    return callerOf(exchange)
  const bearer = cookieIn(req.get("cookie") ?? "", cookie.name)
  const { clientAddress: remoteAddr, origin: headers } = exchange
  const caller = { remoteAddr, headers }
  return bearer === undefined ? caller : { token: { bearer } satisfies RequestToken, ...caller }
}

/** Lets a page that sent a cookie read the answer, even a refusal. Source: Fetch, "CORS protocol and credentials". */
export function allowCookie(req: Request, res: Response, cookie: AuthCookie | undefined): void {
  const origin = req.get("origin")
  if (origin !== undefined && cookie?.origins.includes(origin)) res.set("Access-Control-Allow-Credentials", "true")
}

// Browsers send cookies with requests from any page. A same-origin GET and a followed link have no Origin; then the Referer names
// the page. A page can omit the Referer, but not forge it.
function mayBring(req: Request, { origins }: AuthCookie): boolean {
  const origin = req.get("origin")
  if (origin !== undefined) return origins.includes(origin)
  if (req.get("sec-fetch-site") === "same-origin") return true
  const referer = req.get("referer") ?? ""
  return URL.canParse(referer) && origins.includes(new URL(referer).origin)
}
