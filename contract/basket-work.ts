import { z } from "zod"
import { MAX_DISPLAY_NAME } from "./limits.ts"
import { uuidV4 } from "./publish-event.ts"
import { shownName } from "./text.ts"

/** The name of a member of the staff, which everybody in the shop sees beside a basket: 1 to 100 characters, at least one visible. */
export const DisplayName = shownName.max(MAX_DISPLAY_NAME, "expected 1 to 100 characters")

/**
 * What the staff does with a basket, named by the calls of `store.<shop_id>.basket.<session_id>`: claim it, give the claim back, mark it
 * as done, take that back.
 */
export const BasketTask = z.enum(["acknowledge", "release", "complete", "reopen"])
export type BasketTask = z.infer<typeof BasketTask>

/** Work of the staff on a basket, as it stands in the log. A claim has no `task`, as in the logs of older versions. */
export const BasketWork = z.object(
  { session_id: uuidV4, by: DisplayName, task: BasketTask.default("acknowledge") },
  "expected a JSON object",
)
export type BasketWork = z.infer<typeof BasketWork>
