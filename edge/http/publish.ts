import { type Request, Router } from "express"
import type { Conn } from "res-service"
import { type Client, type GrantedAccess, JsonText } from "res-service/client"
import { z } from "zod"
import { LaxEvent } from "../../contract/lax-event.ts"
import { IdempotencyKey, ShopId } from "../../contract/publish-event.ts"
import { SHARED_SESSION_STATUS } from "../../contract/shared-session-headers.ts"
import { feed } from "../../contract/store.ts"
import { callerOf } from "./bearer.ts"
import type { Exchange } from "./exchange.ts"
import { exchangeOf } from "./in-express.ts"
import { type Json, jsonBody } from "./json-body.ts"
import { bodyEntries, HttpProblem, methodNotAllowed } from "./problem.ts"
import { listedMissing, producerOf, setProducerHeaders } from "./producer-headers.ts"
import type { RateLimits } from "./rate-limits.ts"
import { sharingOf } from "./shared-session-headers.ts"
import { shopOf } from "./shop-path.ts"

/** The route of most publishes. */
export const PUBLISH_ROUTE = "/publish/:shop_id"

/** Room for the rest of a RES request around the body, in bytes. */
const ENVELOPE_BYTES = 4096

/** A text with fewer brackets cannot nest too deeply. */
const MANY_BRACKETS = 1000

const OwnShop = z.object({ shop_id: ShopId })

/** Stores the events of a body, and answers after the service has stored them. */
export type Publish = (exchange: Exchange, shopId: string, body: Json) => Promise<void>

/**
 * The service validates events; the edge checks only what it uses itself: the shop ID, the idempotency key, the producer and the size.
 * So it passes the received text on.
 */
export function publisher(client: Client, conn: Conn, limits: RateLimits): Publish {
  return async (exchange, shopId, body) => {
    const params = paramsOf(exchange, body)
    const caller = callerOf(exchange)
    if (nestsTooDeeply(body)) throw new HttpProblem(422, "The body nests too deeply")
    if (Buffer.byteLength(params.text) > conn.maxPayloadBytes - ENVELOPE_BYTES)
      throw new HttpProblem(413, "The body is too large")
    const published = await limits.publish(exchange, {
      shopId,
      events: Array.isArray(body.value) ? body.value.length : 1,
      mayStore: async () => isIn(await client.access(feed, { shop_id: shopId }, caller), "publish"),
      store: () => client.call(feed, { shop_id: shopId }, "publish", params, caller),
    })
    const { producer, shared } = published
    if (producer !== undefined) setProducerHeaders(exchange, producer)
    if (shared !== undefined) exchange.res.setHeader(SHARED_SESSION_STATUS, shared)
    const status = `Message sent to shop ID ${shopId}`
    if ("seqs" in published)
      return sendJson(
        exchange,
        published.seqs.map((seq) => ({ status, seq })),
      )
    exchange.res.setHeader("X-Event-Seq", String(published.seq))
    const missing = producer === undefined ? [] : listedMissing(producer)
    sendJson(exchange, missing.length === 0 ? { status } : { status, missing })
  }
}

/**
 * `POST /publish/{shop_id}`: an event, or an array of 1 to 1,000 events; most of these requests take the shorter way of
 * `leanPublish`. `POST /send`: one event, for the shop that it names.
 */
export function publishRoutes(publish: Publish): Router {
  const router = Router()

  router
    .route(PUBLISH_ROUTE)
    .post(...jsonBody, (req) => publish(exchangeOf(req), shopOf(req), req.body))
    .all(methodNotAllowed("POST"))

  router
    .route("/send")
    .post(...jsonBody, (req) => publish(exchangeOf(req), ownShopOf(req), req.body))
    .all(methodNotAllowed("POST"))

  return router
}

function sendJson(exchange: Exchange, value: object): void {
  exchange.send(200, "application/json; charset=utf-8", JSON.stringify(value))
}

/** The shop that an event names. If it names none: 422, with all faults of the event. */
function ownShopOf(req: Request): string {
  const { value }: Json = req.body
  const shop = OwnShop.safeParse(value)
  if (shop.success) return shop.data.shop_id
  const issues = LaxEvent.safeParse(value).error?.issues ?? shop.error.issues
  throw new HttpProblem(422, "Invalid parameters", bodyEntries(issues), "system.invalidParams")
}

function isIn({ call }: GrantedAccess, method: string): boolean {
  return call === "*" || call.split(",").includes(method)
}

function paramsOf(exchange: Exchange, { text }: Json): JsonText {
  const producer = producerOf(exchange)
  const sharing = sharingOf(exchange)
  const shared = sharing === undefined ? "" : `,"shared":${JSON.stringify(sharing)}`
  if (producer !== undefined) return new JsonText(`{"events":${text},"producer":${JSON.stringify(producer)}${shared}}`)
  const key = exchange.header("idempotency-key")
  if (key === undefined) return new JsonText(`{"events":${text}${shared}}`)
  const parsed = IdempotencyKey.safeParse(key)
  if (!parsed.success) {
    const detail = "expected 1 to 255 printable ASCII characters"
    throw new HttpProblem(400, "The Idempotency-Key cannot be used", [{ header: "Idempotency-Key", detail }])
  }
  return new JsonText(`{"events":${text},"idempotency_key":${JSON.stringify(parsed.data)}${shared}}`)
}

/** A value that nests too deeply can be parsed, but not written again, so the service could not store or log it. */
function nestsTooDeeply({ text, value }: Json): boolean {
  if (!hasManyBrackets(text)) return false
  try {
    JSON.stringify(value)
    return false
  } catch {
    return true
  }
}

function hasManyBrackets(text: string): boolean {
  let count = 0
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count >= MANY_BRACKETS) return true
    }
  }
  return false
}
