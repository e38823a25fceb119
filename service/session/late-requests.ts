import type { RequestNumber } from "res-service"
import type { SessionCommand } from "./command.ts"
import { speaksFor } from "./entry.ts"
import type { Happening } from "./happening.ts"
import { CART, isOvertaken } from "./requests.ts"
import type { Session } from "./session.ts"

const ENTRY = "entry"

/** Settings of a member, or of the session. */
interface Settings {
  /** Undefined: of the session. */
  readonly member?: string | undefined
  readonly names: readonly string[]
}

/**
 * What a command sets, so that of several requests only the last one that was sent counts. Carts are not among it: each cart has the number of
 * the request that set it. Undefined: there is nothing of the kind.
 */
function settingsOf(command: SessionCommand, session: Session | undefined): Settings | undefined {
  switch (command.type) {
    case "start":
    case "join":
      return { member: command.newcomer.id, names: [ENTRY] }
    case "resume":
      return { member: command.id, names: [ENTRY, command.type] }
    case "setReady":
    case "setIdle":
      return { member: command.id, names: [command.type] }
    case "disown":
      return { member: command.id, names: [`${command.type} ${command.line}`] }
    case "beginCheckout":
      return { member: command.id, names: ["checkout"] }
    case "cancelCheckout":
      return { member: session?.checkout?.payer, names: ["checkout"] }
    case "lock":
    case "unlock":
      return { names: ["lock"] }
    case "setDeadline":
    case "setSplit":
    case "shopAgain":
      return { names: [command.type] }
    case "invite":
      return command.replace === true ? { names: [command.type] } : undefined
    default:
      return undefined
  }
}

/** Whether a request that was sent later has already set what this one sets. */
export function isLate(session: Session | undefined, command: SessionCommand, request: RequestNumber): boolean {
  const memberOf = (id: string | undefined) => session?.members.find((member) => member.id === id)
  switch (command.type) {
    case "start":
    case "join":
      return hasEntered(session, command.newcomer.cid, request)
    case "resume":
      if (hasEntered(session, command.cid, request)) return true
      break
    case "updateCart":
      return isOvertaken(memberOf(command.id)?.cartRequests, CART, request)
    case "setReady":
      // Whoever is ready signs its cart. Without a version, that is the cart at the time of sending.
      if (command.ready && command.version === undefined)
        if (isOvertaken(memberOf(command.id)?.cartRequests, CART, request)) return true
      break
  }
  const settings = settingsOf(command, session)
  if (settings === undefined) return false
  const requests = settings.member === undefined ? session?.requests : memberOf(settings.member)?.requests
  return settings.names.some((name) => isOvertaken(requests, name, request))
}

/** Whether somebody has entered or resumed on this connection by a request that was sent later. */
function hasEntered(session: Session | undefined, cid: string, request: RequestNumber): boolean {
  return (
    session?.members.some((member) => speaksFor(cid, member) && isOvertaken(member.requests, ENTRY, request)) ?? false
  )
}

/** Remembers which request has set what the command sets. */
export function noteRequest(
  happening: Happening,
  command: SessionCommand,
  before: Session | undefined,
  request: RequestNumber,
): void {
  const settings = settingsOf(command, before)
  if (settings === undefined || happening.session === undefined) return
  happening.add({ type: "requested", member: settings.member, settings: settings.names, request })
}
