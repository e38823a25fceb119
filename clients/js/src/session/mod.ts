export { type Invitation, invitationIn, inviteUrl, withoutInvite } from "../../../../contract/invite-link.ts"
export type { LegacyErrorCode } from "../../../../contract/legacy.ts"
export { identifiedItems } from "../../../../contract/line-ids.ts"
export { isRecord } from "../../../../contract/record.ts"
export { isSessionId, SESSION_ID_RULE } from "../../../../contract/session-id.ts"
export { type Shelf, shelf } from "../shelf.ts"
export { browserSocket } from "./browser-socket.ts"
export type { Socket, SocketHandlers } from "./edge-link.ts"
export { Emitter } from "./emitter.ts"
export { hostOf } from "./host-of.ts"
export { areAllReady, type MemberChange, waitedFor } from "./members.ts"
export { Memory, type Remembered } from "./memory.ts"
export { newSessionId } from "./new-session-id.ts"
export type { GroupRequest, GroupStatus, InviteLimits, Member } from "./protocol.ts"
export { RefusedError } from "./refusals.ts"
export {
  type AgreedChange,
  type Ending,
  type SessionState,
  ShoppingSession,
  type ShoppingSessionEvents,
  type ShoppingSessionOptions,
} from "./shopping-session.ts"
