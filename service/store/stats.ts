import { model } from "res-service"
import { isShopId } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import { shopQueue } from "./shop-queue.ts"
import type { StatsModel } from "./shop-view.ts"
import type { Shops } from "./shops.ts"

const STATS = "store.$shop_id.stats"

/**
 * `store.<shop_id>.stats`: model, a shop's figures. Totals cover the time since `since`: this hour of the clock and the 23
 * before it.
 *
 * access  get: as the policy says (service/auth/policy.ts)
 * get     { events, baskets_open, baskets_checked_out, value_open, value_checked_out, events_last_minute,
 *         minutes: { data: [{ at, events, checkouts, value }] } (the last 60 whole minutes, oldest first),
 *         top_products: { data: [{ product_id, product_name, added }] } (at most 10), since }; values are of the lines
 * errors  system.notFound (no shop ID) · system.timeout (see `shopQueue`)
 * events  change, at most once a second; an answer to a get is as old at most
 * source  design.md, "RES resources"
 */
export function stats(guard: Guard, shops: Shops) {
  return model<typeof STATS, StatsModel>(STATS, {
    owns: ({ shop_id }) => isShopId(shop_id),
    ...shopQueue,
    access: guard.access(STATS),
    get: (req) => shops.stats(req.parts.shop_id),
  })
}
