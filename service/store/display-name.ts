import { ResError } from "res-service"
import { DisplayName } from "../../contract/basket-work.ts"
import type { Claims } from "../../contract/claims.ts"
import { MAX_DISPLAY_NAME } from "../../contract/limits.ts"
import { shortened } from "../projections/text.ts"

/** The name in the token if it can be shown, else the user's ID. */
export function nameOf({ name = "", user }: Claims): string {
  const shown = DisplayName.safeParse(shortened(name.trim(), MAX_DISPLAY_NAME))
  return shown.success ? shown.data : checkedName(shortened(user, MAX_DISPLAY_NAME))
}

/** @throws {ResError} `system.invalidParams`: it can't be shown */
export function checkedName(by: unknown): string {
  const parsed = DisplayName.safeParse(by)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ message }) => ({ path: ["by"], message }))
  throw new ResError("system.invalidParams", undefined, { errors })
}
