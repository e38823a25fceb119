import { isEarlier, type RequestNumber } from "res-service"
import { notTried } from "../../contract/unavailable.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"

/**
 * What a command sets, where only the last of several requests counts, but for carts: each cart remembers its own request. Requests may be
 * carried out in another order than they were sent: see `CallRequest.number`.
 */
function settingsOf(command: SessionCommand): readonly string[] {
  switch (command.type) {
    case "start":
    case "join":
      return [`entry ${command.newcomer.cid}`]
    case "resume":
      return [`entry ${command.cid}`, `resume ${command.id}`]
    case "setReady":
      return [`ready ${command.id}`]
    case "setIdle":
      return [`idle ${command.id}`]
    case "beginCheckout":
      return [`checkout ${command.id}`]
    case "cancelCheckout":
      return [`checkout ${command.by}`]
    case "lock":
    case "unlock":
      return [`lock ${command.by}`]
    case "setDeadline":
    case "setSplit":
    case "shopAgain":
      return [`${command.type} ${command.by}`]
    default:
      return []
  }
}

/**
 * Whether a later request has set already what this one sets. It counts as if it had come first.
 *
 * @throws {ResError} `system.serviceUnavailable`, for an entry or a resume: its client has given it up, and its member would be on a
 *   connection that nobody uses, or leave for it
 */
export function isLate({ session }: Happening, command: SessionCommand, request: RequestNumber): boolean {
  if (command.type === "updateCart") {
    const member = session?.members.find(({ id }) => id === command.id)
    return isEarlier(request, member?.cartRequest)
  }
  if (!settingsOf(command).some((setting) => isEarlier(request, session?.requests?.[setting]))) return false
  if (command.type === "start" || command.type === "join" || command.type === "resume")
    throw notTried("A later request of this connection or customer has come before this one")
  return true
}

/** Remembers the request in the session. */
export function noteRequest(happening: Happening, command: SessionCommand, request: RequestNumber): void {
  const settings = settingsOf(command)
  if (happening.session !== undefined && settings.length > 0) happening.add({ type: "requested", settings, request })
}
