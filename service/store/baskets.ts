import { collection, type Reference } from "res-service"
import { isShopId } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { Shops } from "./shops.ts"

const BASKETS = "store.$shop_id.baskets"

/**
 * `store.<shop_id>.baskets`: collection, the open baskets, at most 100.
 *
 * access  get: as the policy says (service/auth/policy.ts)
 * get     references to `store.<shop_id>.basket.<session_id>`, the latest activity first; a basket that is new, or comes back
 *         after it was closed, goes to the front, others keep their place
 * errors  system.notFound (no shop ID) · system.timeout (see `shopQueue`)
 * events  add, remove; at most ten times a second, together then
 * source  design.md, "RES resources"
 */
export function baskets(guard: Guard, shops: Shops) {
  return collection<typeof BASKETS, Reference>(BASKETS, {
    owns: ({ shop_id }) => isShopId(shop_id),
    ...shopQueue,
    access: guard.access(BASKETS),
    get: (req) => shops.baskets(req.parts.shop_id),
  })
}
