import type { Request } from "express"
import { ShopId, ShopperId } from "../../contract/publish-event.ts"
import { HttpProblem } from "./problem.ts"

/** Codes that mean that the service, or the connection to it, is away and may be back soon. */
export const AWAY: readonly string[] = ["system.notFound", "system.timeout", "system.serviceUnavailable"]

/** The shop in a path's `:shop_id`; 422 if it is not a shop ID. */
export function shopOf(req: Request): string {
  return shopIn(req.params.shop_id)
}

/** The shop that a part of a path names; 422 if it is not a shop ID. */
export function shopIn(part: unknown): string {
  return named(part, ShopId, "shop_id", "The path does not name a shop")
}

/** The shopper in a path's `:shopper_id`; 422 if it is not a shopper ID. */
export function shopperOf(req: Request): string {
  return named(req.params.shopper_id, ShopperId, "shopper_id", "The path does not name a shopper")
}

function named(part: unknown, schema: typeof ShopId, parameter: string, problem: string): string {
  const id = schema.safeParse(part)
  if (id.success) return id.data
  throw new HttpProblem(422, problem, [{ parameter, detail: "expected a UUID version 4" }])
}
