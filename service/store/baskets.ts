import { handle } from "res-service"
import { baskets } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { Shops } from "./shops.ts"

/** Serves `baskets`; access as the policy says. */
export function basketsResource(guard: Guard, shops: Shops) {
  return handle(baskets, {
    ...shopQueue,
    access: guard.access(baskets),
    get: (req) => shops.baskets(req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
  })
}
