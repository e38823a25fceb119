import { z } from "zod"
import { MAX_DISPLAY_NAME } from "./limits.ts"
import { uuidV4 } from "./publish-event.ts"
import { shownName } from "./text.ts"

/** The name that everybody in the shop sees beside an acknowledged basket: 1 to 100 characters, at least one of them visible. */
export const DisplayName = shownName.max(MAX_DISPLAY_NAME, "expected 1 to 100 characters")

/** That somebody of the shop has seen to a basket, as it stands in the log. */
export const Acknowledgement = z.object({ session_id: uuidV4, by: DisplayName }, "expected a JSON object")
export type Acknowledgement = z.infer<typeof Acknowledgement>
