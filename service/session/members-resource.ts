import { handle } from "res-service"
import { sessionMember, sessionMembers } from "../../contract/session.ts"
import type { Guard } from "../auth/guard.ts"
import { sessionAccess, sessionQueue } from "./session-access.ts"
import type { Sessions } from "./sessions.ts"
import { memberReference } from "./shown-members.ts"

/** Serves `sessionMembers`. */
export function membersResource(guard: Guard, sessions: Sessions) {
  return handle(sessionMembers, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, sessionMembers),
    get: async ({ parts: { id } }) => (await sessions.members(id)).map((member) => memberReference(id, member.id)),
  })
}

/** Serves `sessionMember`. */
export function memberResource(guard: Guard, sessions: Sessions) {
  return handle(sessionMember, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, sessionMember),
    get: async ({ parts: { id, customer } }) => (await sessions.members(id)).find((member) => member.id === customer),
  })
}
