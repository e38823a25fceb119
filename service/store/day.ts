import { handle } from "res-service"
import { day } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { dayQueue } from "./day-queue.ts"
import type { Shops } from "./shops.ts"

/** Serves `day`; access as the policy says. */
export function dayResource(guard: Guard, shops: Shops) {
  return handle(day, {
    ...dayQueue,
    access: guard.access(day),
    get: (req) => shops.day(req.parts.shop_id, req.parts.date, (waitMs) => req.extendTimeout(waitMs)),
  })
}
