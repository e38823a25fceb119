import { MIMEType } from "node:util"
import express, { type Request, type RequestHandler } from "express"
import { HttpProblem } from "./problem.ts"

/** Largest body, in bytes and after decompression: as a RES request it must fit into one NATS message. */
export const MAX_BODY_BYTES = 768 * 1024

const raw = express.raw({ limit: MAX_BODY_BYTES, type: () => true })

/**
 * Reads a JSON body, any JSON value, into `req.body`. Answers 415 for another content type or charset, or a missing type from a
 * page; 413 for more than `MAX_BODY_BYTES`; 400 for anything but JSON in UTF-8.
 */
export const jsonBody: readonly RequestHandler[] = [
  (req, _res, next) => {
    if (!isJsonType(req)) {
      throw new HttpProblem(415, "The Content-Type must be application/json, in UTF-8")
    }
    // The parser would read such a body to its end first.
    if (Number(req.get("content-length") ?? 0) > MAX_BODY_BYTES) throw new HttpProblem(413, "The body is too large")
    next()
  },
  raw,
  (req, _res, next) => {
    req.body = parse(req.body)
    next()
  },
]

/**
 * `application/json` or a `+json` type; RFC 8259 allows no charset but UTF-8. A form on another site can send none of these. It
 * can send a body without a type, but pages always send an `Origin` with a POST, so apps may leave the type out.
 */
function isJsonType(req: Request): boolean {
  const header = req.get("content-type")
  if (!header) return req.get("origin") === undefined
  try {
    const { type, subtype, params } = new MIMEType(header)
    return type === "application" && /(?:^|\+)json$/.test(subtype) && /^utf-?8$/i.test(params.get("charset") ?? "utf-8")
  } catch {
    return false
  }
}

function parse(body: unknown): unknown {
  try {
    if (!Buffer.isBuffer(body)) throw new SyntaxError("no body")
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))
  } catch {
    throw new HttpProblem(400, "The body is not JSON in UTF-8")
  }
}

/** As `jsonBody`, but also accepts a request without a body; `req.body` is undefined then. */
export const optionalJsonBody: readonly RequestHandler[] = jsonBody.map(
  (handler): RequestHandler =>
    (req, res, next) =>
      hasBody(req) ? handler(req, res, next) : next(),
)

function hasBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0
}
