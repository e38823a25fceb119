import express, { type Request, type RequestHandler } from "express"
import { HttpProblem } from "./problem.ts"

/** Largest body, in bytes and after decompression, so that it fits into one NATS message with what goes around it. */
export const MAX_BODY_BYTES = 768 * 1024

/** `application/json` or a `+json` type; RFC 8259 knows no charset but UTF-8. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;(?!.*charset="?(?!utf-?8)).*)?$/i

const raw = express.raw({ limit: MAX_BODY_BYTES, type: () => true })

/**
 * Reads a JSON body, any JSON value, into `req.body`. 415 for another content type or charset, 413 for more than
 * `MAX_BODY_BYTES`, 400 for what is not JSON in UTF-8.
 */
export const jsonBody: readonly RequestHandler[] = [
  (req, _res, next) => {
    if (!JSON_TYPE.test(req.get("content-type") ?? "")) {
      throw new HttpProblem(415, "The Content-Type must be application/json, in UTF-8")
    }
    // The parser would first read to its end what is announced as too large.
    if (Number(req.get("content-length") ?? 0) > MAX_BODY_BYTES) throw new HttpProblem(413, "The body is too large")
    next()
  },
  raw,
  (req, _res, next) => {
    req.body = parse(req.body)
    next()
  },
]

function parse(body: unknown): unknown {
  try {
    if (!Buffer.isBuffer(body)) throw new SyntaxError("no body")
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))
  } catch {
    throw new HttpProblem(400, "The body is not JSON in UTF-8")
  }
}

/** As `jsonBody`, but a request without a body is fine; `req.body` is undefined then. */
export const optionalJsonBody: readonly RequestHandler[] = jsonBody.map(
  (handler): RequestHandler =>
    (req, res, next) =>
      hasBody(req) ? handler(req, res, next) : next(),
)

function hasBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0
}
