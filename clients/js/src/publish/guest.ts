import type { SentEvent } from "../../../../contract/shared-session.ts"
import { sharedSessionHeaders } from "../../../../contract/shared-session-headers.ts"

/** An event as a publisher takes it: it may also say how its shopper joins the shared session that it names. */
export type PublisherEvent = SentEvent & {
  /** The shopper's name, for friends. Default: "In the shop". */
  readonly shared_session_name?: string
  /** The invitation to a session that nobody may join without one. */
  readonly shared_session_invite?: string
}

/** What a request with events consists of. */
export interface RequestParts {
  /** The events as a JSON array. */
  readonly body: string
  /** The headers by which shoppers join their shared session: those of the last event that names one. */
  readonly guest: Readonly<Record<string, string>>
}

/** @param jsons each a `PublisherEvent` */
export function partsOf(jsons: readonly string[]): RequestParts {
  let guest = {}
  const events = jsons.map((json) => {
    if (!json.includes('"shared_session')) return json
    const { shared_session_name: name, shared_session_invite: invite, ...event } = JSON.parse(json) as PublisherEvent
    if (event.shared_session !== undefined) guest = headersOf(name, invite)
    return JSON.stringify(event)
  })
  return { body: `[${events.join(",")}]`, guest }
}

function headersOf(name: string | undefined, invite: string | undefined): RequestParts["guest"] {
  return {
    // Half of a surrogate pair can't be encoded.
    ...(name !== undefined && {
      [sharedSessionHeaders.name]: encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, "")),
    }),
    // Nothing else can stand in a header, or is an invitation.
    ...(invite !== undefined && /^[\x21-\x7e]+$/.test(invite) && { [sharedSessionHeaders.invite]: invite }),
  }
}
