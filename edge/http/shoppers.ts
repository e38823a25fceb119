import { Router } from "express"
import type { Client } from "res-service/client"
import { ShopperId } from "../../service/schemas/publish-event.ts"
import { callerOf } from "./bearer.ts"
import { HttpProblem, methodNotAllowed } from "./problem.ts"

/**
 * `DELETE /shoppers/{shopper_id}`: erases a person from all that is stored and shown; 200 with how much was removed where, again:
 * zeros. Another answer: not all is erased yet, ask again.
 */
export function shopperRoutes(client: Client): Router {
  const router = Router()
  router
    .route("/shoppers/:shopper_id")
    .delete(async (req, res) => {
      const shopperId = ShopperId.safeParse(req.params.shopper_id)
      if (!shopperId.success) {
        const detail = "expected a UUID version 4"
        throw new HttpProblem(422, "The path does not name a shopper", [{ parameter: "shopper_id", detail }])
      }
      const params = { shopper_id: shopperId.data }
      res.set("Cache-Control", "no-store").json(await client.call("shopwire.shoppers", "erase", params, callerOf(req)))
    })
    .all(methodNotAllowed("DELETE"))
  return router
}
