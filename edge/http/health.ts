import { Router } from "express"
import type { Conn } from "res-service"
import type { Client } from "res-service/client"
import { health } from "../../contract/shopwire.ts"
import { methodNotAllowed } from "./problem.ts"

/** Time for the service to answer that it is ready, in ms. */
const READY_TIMEOUT_MS = 1000

/**
 * `GET /healthz` answers 200: this process takes requests. `GET /readyz` answers 200 if a publish would be stored now, else 503 and
 * what is missing: `{ "ready": false, "nats": true, "service": false }`. Both answer 503 once the edge stops, so that proxies choose
 * another one.
 */
export function healthRoutes(client: Client, conn: Conn, draining: AbortSignal): Router {
  const router = Router()

  router
    .route("/healthz")
    .get((_req, res) => {
      res.status(draining.aborted ? 503 : 200).json({ alive: true })
    })
    .all(methodNotAllowed("GET, HEAD"))

  router
    .route("/readyz")
    .get(async (_req, res) => {
      const nats = conn.connected
      const service = nats && (await isServiceReady(client))
      const ready = nats && service && !draining.aborted
      res
        .status(ready ? 200 : 503)
        .set("Cache-Control", "no-store")
        .json({ ready, nats, service })
    })
    .all(methodNotAllowed("GET, HEAD"))

  return router
}

async function isServiceReady(client: Client): Promise<boolean> {
  try {
    await client.get(health, {}, undefined, { timeoutMs: READY_TIMEOUT_MS })
    return true
  } catch {
    return false
  }
}
