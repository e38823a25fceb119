import { z } from "zod"
import type { PublishEvent } from "./publish-event.ts"
import { customerName, inviteText, SessionId } from "./session-calls.ts"

/** The shared session that an event names. Null: its basket belongs to none any more. Undefined: it names none, and changes nothing. */
export type NamedSession = string | null | undefined

/** An event as an app sends it: beside its twelve fields it may name the shared session that its basket belongs to. */
export type SentEvent = PublishEvent & { readonly shared_session?: NamedSession }

/** The member of an event that names a shared session. */
export const SharedSession = SessionId.nullable().optional()

/** What a member is called that gives no name. */
const IN_THE_SHOP = "In the shop"

/** What `publish` takes beside events: their session, unless they name it themselves, and how their shopper joins it. */
export const Sharing = z.object(
  { session: SharedSession, name: customerName.default(IN_THE_SHOP), invite: inviteText.optional() },
  "expected a JSON object",
)
export type Sharing = Readonly<z.infer<typeof Sharing>>
