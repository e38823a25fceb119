import { type Request, type Response, Router } from "express"
import type { Conn } from "res-service"
import type { Client, GrantedAccess } from "res-service/client"
import { z } from "zod"
import { LaxEvent } from "../../contract/lax-event.ts"
import { IdempotencyKey, ShopId } from "../../contract/publish-event.ts"
import { feed } from "../../contract/store.ts"
import { callerOf } from "./bearer.ts"
import { jsonBody } from "./json-body.ts"
import { bodyEntries, HttpProblem, methodNotAllowed } from "./problem.ts"
import type { RateLimits } from "./rate-limits.ts"
import { shopOf } from "./shop-path.ts"

/** Room for the rest of a RES request around the body, in bytes. */
const ENVELOPE_BYTES = 4096

const OwnShop = z.object({ shop_id: ShopId })

/**
 * `POST /publish/{shop_id}`: an event, or an array of 1 to 1,000 events. `POST /send`: one event, for the shop that it names.
 * Answers after the service has stored them. The service validates events; the edge checks only what it uses itself: the shop ID,
 * the idempotency key and the size.
 */
export function publishRoutes(client: Client, conn: Conn, limits: RateLimits): Router {
  const router = Router()

  const publish = async (req: Request, res: Response, shopId: string): Promise<void> => {
    const params = paramsOf(req)
    const caller = callerOf(req)
    checkSize(params, conn.maxPayloadBytes - ENVELOPE_BYTES)
    const events = Array.isArray(req.body) ? req.body.length : 1
    const published = await limits.publish({
      req,
      res,
      shopId,
      events,
      mayStore: async () => isIn(await client.access(feed, { shop_id: shopId }, caller), "publish"),
      store: () => client.call(feed, { shop_id: shopId }, "publish", params, caller),
    })
    const status = `Message sent to shop ID ${shopId}`
    if ("seqs" in published) {
      res.json(published.seqs.map((seq) => ({ status, seq })))
      return
    }
    res.set("X-Event-Seq", String(published.seq)).json({ status })
  }

  router
    .route("/publish/:shop_id")
    .post(...jsonBody, async (req, res) => {
      await publish(req, res, shopOf(req))
    })
    .all(methodNotAllowed("POST"))

  router
    .route("/send")
    .post(...jsonBody, async (req, res) => {
      await publish(req, res, ownShopOf(req.body))
    })
    .all(methodNotAllowed("POST"))

  return router
}

/** The shop that an event names. If it names none: 422, with all faults of the event. */
function ownShopOf(event: unknown): string {
  const shop = OwnShop.safeParse(event)
  if (shop.success) return shop.data.shop_id
  const issues = LaxEvent.safeParse(event).error?.issues ?? shop.error.issues
  throw new HttpProblem(422, "Invalid parameters", bodyEntries(issues), "system.invalidParams")
}

function isIn({ call }: GrantedAccess, method: string): boolean {
  return call === "*" || call.split(",").includes(method)
}

function paramsOf(req: Request): unknown {
  const key = req.get("idempotency-key")
  if (key === undefined) return { events: req.body as unknown }
  const parsed = IdempotencyKey.safeParse(key)
  if (!parsed.success) {
    const detail = "expected 1 to 255 printable ASCII characters"
    throw new HttpProblem(400, "The Idempotency-Key cannot be used", [{ header: "Idempotency-Key", detail }])
  }
  return { events: req.body as unknown, idempotency_key: parsed.data }
}

// JSON can grow when it is parsed and serialised again (`1e20` fivefold), and a parsed value may nest too deeply to be serialised.
function checkSize(params: unknown, limitBytes: number): void {
  let text: string
  try {
    text = JSON.stringify(params)
  } catch {
    throw new HttpProblem(422, "The body nests too deeply")
  }
  if (Buffer.byteLength(text) > limitBytes) throw new HttpProblem(413, "The body is too large")
}
