import { handle, reference } from "res-service"
import { datesBetween } from "../../contract/day.ts"
import { day, days } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { dayQueue } from "./day-queue.ts"
import type { Shops } from "./shops.ts"

/** Serves `days`; access as the policy says. */
export function daysResource(guard: Guard, shops: Shops) {
  return handle(days, {
    ...dayQueue,
    access: guard.access(days),
    get: (req) => shops.days(req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
    query: ({ parts: { shop_id } }, { from, to }) =>
      datesBetween(from, to).map((date) => reference(day.name({ shop_id, date }))),
  })
}
