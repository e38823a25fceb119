import { z } from "zod"
import { uuidV4 } from "./publish-event.ts"

export const MAX_DISPLAY_NAME = 100

/** The name that everybody in the shop sees beside an acknowledged basket: 1 to 100 characters. */
export const DisplayName = z
  .string("expected a string")
  .trim()
  .min(1, "expected 1 to 100 characters")
  .max(MAX_DISPLAY_NAME, "expected 1 to 100 characters")

/** That somebody of the shop has seen to a basket, as it stands in the log. */
export const Acknowledgement = z.object({ session_id: uuidV4, by: DisplayName }, "expected a JSON object")
export type Acknowledgement = z.infer<typeof Acknowledgement>
