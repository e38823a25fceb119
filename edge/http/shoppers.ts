import { Router } from "express"
import type { Client } from "res-service/client"
import { shoppers } from "../../contract/shopwire.ts"
import { callerOf } from "./bearer.ts"
import { exchangeOf } from "./in-express.ts"
import { methodNotAllowed } from "./problem.ts"
import { shopperOf } from "./shop-path.ts"

/**
 * `DELETE /shoppers/{shopper_id}`: erases a person from all stored and shown data. Answers 200 with the number of removed entries
 * per place; zeros when repeated. After any other answer some data may be left, and the client must repeat the request.
 */
export function shopperRoutes(client: Client): Router {
  const router = Router()
  router
    .route("/shoppers/:shopper_id")
    .delete(async (req, res) => {
      const erased = await client.call(shoppers, {}, "erase", { shopper_id: shopperOf(req) }, callerOf(exchangeOf(req)))
      res.set("Cache-Control", "no-store").json(erased)
    })
    .all(methodNotAllowed("DELETE"))
  return router
}
