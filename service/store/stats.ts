import { handle } from "res-service"
import { stats } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { Shops } from "./shops.ts"

/** Serves `stats`; access as the policy says. */
export function statsResource(guard: Guard, shops: Shops) {
  return handle(stats, {
    ...shopQueue,
    access: guard.access(stats),
    get: (req) => shops.stats(req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
  })
}
