import type { RequestNumber } from "res-service"
import type { SessionCommand } from "./command.ts"
import { speaksFor } from "./entry.ts"
import type { Happening } from "./happening.ts"
import { CART, isOvertaken } from "./request-numbers.ts"
import type { Session } from "./session.ts"

/** What the numbers of a member are of. */
const [ENTRY, RESUME, READY] = ["entry", "resume", "ready"] as const

/**
 * Whether a request that was sent later has already set what this one sets, and is stored. So it is known also after another process has
 * taken the session over, as `CallRequest.isOutdated` is not.
 */
export function isLate(session: Session | undefined, command: SessionCommand, request: RequestNumber): boolean {
  const memberOf = (id: string) => session?.members.find((member) => member.id === id)
  switch (command.type) {
    case "start":
    case "join":
      return hasEnteredLater(session, command.newcomer.cid, request)
    case "resume":
      return (
        hasEnteredLater(session, command.cid, request) || isOvertaken(memberOf(command.id)?.numbers, RESUME, request)
      )
    case "setReady":
      return isOvertaken(memberOf(command.id)?.numbers, READY, request)
    case "updateCart":
    case "setItem":
    case "removeItem":
      return isOvertaken(memberOf(command.id)?.cartNumbers, CART, request)
    default:
      return false
  }
}

/** Whether the member on this connection has got it by a request that was sent later. */
function hasEnteredLater(session: Session | undefined, cid: string, request: RequestNumber): boolean {
  return (
    session?.members.some((member) => speaksFor(cid, member) && isOvertaken(member.numbers, ENTRY, request)) ?? false
  )
}

/** Remembers the request with the member for whom it has set something. */
export function noteRequest(happening: Happening, command: SessionCommand, request: RequestNumber): void {
  const note = (id: string, settings: readonly string[]) => happening.add({ type: "requested", id, settings, request })
  switch (command.type) {
    case "start":
    case "join":
      note(command.newcomer.id, [ENTRY])
      break
    case "resume":
      note(command.id, [ENTRY, RESUME])
      break
    case "setReady":
      note(command.id, [READY])
      break
  }
}
