import { type GroupEvent, groupCalls } from "../../../../contract/group-calls.ts"
import type { ClientPayloads, LegacyMessage } from "../../../../contract/legacy.ts"
import { isRecord } from "../../../../contract/record.ts"
import type { SessionMember } from "../../../../contract/session-members.ts"
import type { SessionStatus } from "../../../../contract/session-status.ts"

/**
 * The old BuddyShopping protocol as a storefront sees it: text frames with a JSON object `{ "event", "payload" }`.
 *
 * Source: docs/legacy.md
 */

/** The messages that a storefront sends. */
export type Outgoing = {
  [E in keyof ClientPayloads]: undefined extends ClientPayloads[E]
    ? { readonly event: E }
    : { readonly event: E; readonly payload: ClientPayloads[E] }
}[LegacyMessage["event"]]

/** What members ask for beside their carts. */
export type GroupRequest = Extract<Outgoing, { readonly event: GroupEvent }>

/** What members share beside their carts, and what newer servers tell of them. */
export interface GroupStatus extends SessionStatus {
  readonly members: readonly SessionMember[]
}

/** How long an invitation is valid, and how many may join with it. The server's defaults are a day and 50. */
export type InviteLimits = ClientPayloads["createInvite"]

/** One member, with what newer servers also tell of it. The content of its cart may be anything, since the pages of friends cannot be trusted. */
export interface Member extends Partial<Omit<SessionMember, "id" | "name">> {
  readonly id: string
  readonly name: string
  readonly isHost: boolean
  readonly isReady: boolean
  readonly content: unknown
}

/** The messages that a storefront receives. */
export type Incoming =
  | {
      readonly event: "startSession" | "joinSession" | "resumeSession"
      readonly customerId: string
      readonly resumeToken: string | undefined
    }
  | { readonly event: "leaveSession" }
  | { readonly event: "createInvite"; readonly invite: string }
  /** Whether this page speaks for the customer, or another page of the browser has resumed the customer. */
  | { readonly event: "speaking"; readonly isSpeaking: boolean }
  /** The answer to a `ping`. `isLive`: whether the service behind the edge answers too. */
  | { readonly event: "ping"; readonly isLive: boolean; readonly now?: string }
  | { readonly event: "multicartUpdate"; readonly members: readonly Member[] }
  | ({ readonly event: "error" } & Refusal)
  | { readonly event: "sessionStatus"; readonly status: GroupStatus }
  /** The answer to a request. */
  | { readonly event: GroupEvent }

/** Why the edge did not do something; codes are those of docs/errors.md. */
export interface Refusal {
  readonly code: string
  readonly message: string
  /** The event of the refused message; older edges do not tell it. */
  readonly request?: string
  /** What docs/errors.md says for the code. */
  readonly data?: unknown
}

/** Reads a frame. Undefined for anything but a message of this protocol, and for later additions to it. */
export function readMessage(frame: unknown): Incoming | undefined {
  if (typeof frame !== "string") return undefined
  let message: unknown
  try {
    message = JSON.parse(frame)
  } catch {
    return undefined
  }
  if (!isRecord(message)) return undefined
  const payload = isRecord(message.payload) ? message.payload : {}
  switch (message.event) {
    case "startSession":
    case "joinSession":
    case "resumeSession": {
      const { customerId, resumeToken } = payload
      if (typeof customerId !== "string") return undefined
      return {
        event: message.event,
        customerId,
        resumeToken: typeof resumeToken === "string" ? resumeToken : undefined,
      }
    }
    case "leaveSession":
      return { event: "leaveSession" }
    case "createInvite":
      return typeof payload.invite === "string" ? { event: "createInvite", invite: payload.invite } : undefined
    case "speaking":
      return { event: "speaking", isSpeaking: payload.isSpeaking === true }
    case "ping":
      return {
        event: "ping",
        isLive: payload.isLive === true,
        ...(typeof payload.now === "string" && { now: payload.now }),
      }
    case "multicartUpdate":
      if (!Array.isArray(payload.multicartContent)) return undefined
      return { event: "multicartUpdate", members: payload.multicartContent.flatMap(readMember) }
    case "error":
      return {
        event: "error",
        code: String(payload.code),
        message: String(payload.message),
        ...(typeof payload.event === "string" && { request: payload.event, data: payload.data }),
      }
    case "sessionStatus": {
      const { status, members } = payload
      if (!isRecord(status) || typeof status.phase !== "string") return undefined
      // The edge passes on what the service's contract says.
      const found = {
        ...status,
        members: Array.isArray(members) ? members.filter(isRecord) : [],
      } as unknown as GroupStatus
      return { event: "sessionStatus", status: found }
    }
    default:
      return isGroupEvent(message.event) ? { event: message.event } : undefined
  }
}

function isGroupEvent(event: unknown): event is GroupEvent {
  return typeof event === "string" && Object.hasOwn(groupCalls, event)
}

function readMember(entry: unknown): Member[] {
  if (!isRecord(entry) || !isRecord(entry.owner)) return []
  const { id, name, isHost, isReadyToCheckout } = entry.owner
  if (typeof id !== "string" || typeof name !== "string") return []
  return [{ id, name, isHost: isHost === true, isReady: isReadyToCheckout === true, content: entry.content }]
}
