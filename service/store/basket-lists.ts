import { handle } from "res-service"
import { abandoned, baskets, orders } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { Shops } from "./shops.ts"

/** Serves `baskets`, `orders` and `abandoned`; access as the policy says. */
export function basketListResources(guard: Guard, shops: Shops) {
  return [
    handle(baskets, {
      ...shopQueue,
      access: guard.access(baskets),
      get: (req) => shops.list("baskets", req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
    }),
    handle(orders, {
      ...shopQueue,
      access: guard.access(orders),
      get: (req) => shops.list("orders", req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
    }),
    handle(abandoned, {
      ...shopQueue,
      access: guard.access(abandoned),
      get: (req) => shops.list("abandoned", req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
    }),
  ]
}
