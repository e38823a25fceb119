// Clients import this too, so it comes without zod.

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
