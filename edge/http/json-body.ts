import { MIMEType } from "node:util"
import express, { type RequestHandler } from "express"
import type { Exchange } from "./exchange.ts"
import { exchangeOf } from "./in-express.ts"
import { HttpProblem } from "./problem.ts"

/** Largest body, in bytes and after decompression: as a RES request it must fit into one NATS message. */
export const MAX_BODY_BYTES = 768 * 1024

/** A body of JSON: its text, without a byte order mark, and the value. */
export interface Json {
  readonly text: string
  readonly value: unknown
}

const decoder = new TextDecoder("utf-8", { fatal: true })

/** Reads a body's bytes. Answers 400 for anything but JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): Json {
  try {
    const text = decoder.decode(bytes)
    return { text, value: JSON.parse(text) }
  } catch {
    throw new HttpProblem(400, "The body is not JSON in UTF-8")
  }
}

/** Answers 415 for a content type that is not JSON, for another charset, or a missing type from a page. */
export function checkJsonType(exchange: Exchange): void {
  if (!isJsonType(exchange)) throw new HttpProblem(415, "The Content-Type must be application/json, in UTF-8")
}

/**
 * `application/json` or a `+json` type; RFC 8259 allows no charset but UTF-8. A form on another site can send none of these. It
 * can send a body without a type, but pages always send an `Origin` with a POST, so apps may leave the type out.
 */
function isJsonType(exchange: Exchange): boolean {
  const header = exchange.header("content-type")
  if (header === "application/json") return true
  if (!header) return exchange.header("origin") === undefined
  try {
    const { type, subtype, params } = new MIMEType(header)
    return type === "application" && /(?:^|\+)json$/.test(subtype) && /^utf-?8$/i.test(params.get("charset") ?? "utf-8")
  } catch {
    return false
  }
}

const raw = express.raw({ limit: MAX_BODY_BYTES, type: () => true })

/**
 * Reads a JSON body, any JSON value, into `req.body` as a `Json`. Answers 415 as `checkJsonType`, 413 for more than
 * `MAX_BODY_BYTES`, and 400 as `parseJson`.
 */
export const jsonBody: readonly RequestHandler[] = [
  (req, _res, next) => {
    checkJsonType(exchangeOf(req))
    // The parser would read such a body to its end first.
    if (Number(req.get("content-length") ?? 0) > MAX_BODY_BYTES) throw new HttpProblem(413, "The body is too large")
    next()
  },
  raw,
  (req, _res, next) => {
    req.body = parseJson(req.body ?? NO_BYTES)
    next()
  },
]

const NO_BYTES = new Uint8Array()

/** As `jsonBody`, but also accepts a request without a body; `req.body` is undefined then. */
export const optionalJsonBody: readonly RequestHandler[] = jsonBody.map(
  (handler): RequestHandler =>
    (req, res, next) =>
      hasBody(exchangeOf(req)) ? handler(req, res, next) : next(),
)

function hasBody(exchange: Exchange): boolean {
  return exchange.header("transfer-encoding") !== undefined || Number(exchange.header("content-length") ?? 0) > 0
}
