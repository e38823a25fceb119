import type { Request } from "express"
import { ShopId, ShopperId } from "../../contract/publish-event.ts"
import { HttpProblem } from "./problem.ts"

/** Codes with which the service, or the way there, is away, and may be back soon. */
export const AWAY: readonly string[] = ["system.notFound", "system.timeout", "system.serviceUnavailable"]

/** The shop that a path names by `:shop_id`; 422 when that is none. */
export function shopOf(req: Request): string {
  return named(req, ShopId, "shop_id", "The path does not name a shop")
}

/** The shopper that a path names by `:shopper_id`; 422 when that is none. */
export function shopperOf(req: Request): string {
  return named(req, ShopperId, "shopper_id", "The path does not name a shopper")
}

function named(req: Request, schema: typeof ShopId, parameter: string, problem: string): string {
  const id = schema.safeParse(req.params[parameter])
  if (id.success) return id.data
  throw new HttpProblem(422, problem, [{ parameter, detail: "expected a UUID version 4" }])
}
