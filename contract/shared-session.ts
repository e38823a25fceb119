import { z } from "zod"
import type { PublishEvent } from "./publish-event.ts"
import { customerName, inviteText, SessionId } from "./session-calls.ts"

/** The shared session that an event names. Null: its basket belongs to none any more. Undefined: it names none, and changes nothing. */
export type NamedSession = string | null | undefined

/** An event as an app sends it: beside its twelve fields it may name the shared session that its basket belongs to. */
export type SentEvent = PublishEvent & { readonly shared_session?: NamedSession }

/** The member of an event that names a shared session. */
export const SharedSession = SessionId.nullable().optional()

/**
 * The headers of a request to the edge that say the same for all its events. An empty `Shared-Session` is null. A name is UTF-8 in percent-encoding.
 * A message of the log has the first one.
 */
export const sharedSessionHeaders = {
  session: "Shared-Session",
  name: "Shared-Session-Name",
  invite: "Shared-Session-Invite",
} as const

/** The header of an answer that tells whether the basket is a member's cart: `joined`, or the code of an error. */
export const SHARED_SESSION_STATUS = "Shared-Session-Status"

/** What a member is called that gives no name. */
const IN_THE_SHOP = "In the shop"

/** What `publish` takes beside events: their session, unless they name it themselves, and how their shopper joins it. */
export const Sharing = z.object(
  { session: SharedSession, name: customerName.default(IN_THE_SHOP), invite: inviteText.optional() },
  "expected a JSON object",
)
export type Sharing = Readonly<z.infer<typeof Sharing>>
