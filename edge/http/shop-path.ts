import type { Request } from "express"
import { ShopId } from "../../service/schemas/publish-event.ts"
import { HttpProblem } from "./problem.ts"

/** Codes with which the service, or the way there, is away, and may be back soon. */
export const AWAY: readonly string[] = ["system.notFound", "system.timeout", "system.serviceUnavailable"]

/** The shop that a path names by `:shop_id`; 422 when that is none. */
export function shopOf(req: Request): string {
  const shopId = ShopId.safeParse(req.params.shop_id)
  if (shopId.success) return shopId.data
  const detail = "expected a UUID version 4"
  throw new HttpProblem(422, "The path does not name a shop", [{ parameter: "shop_id", detail }])
}
