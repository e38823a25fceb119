import type { Access, AccessRequest } from "res-service"
import type * as contracts from "../../contract/session.ts"
import type { Guard } from "../auth/guard.ts"
import { isShownTo } from "./session.ts"
import type { Sessions } from "./sessions.ts"

/**
 * One queue for all resources of a session. When JetStream is slow, gateways are told to wait longer than their usual 3 s, so that no get
 * is lost.
 */
export const sessionQueue = {
  group: ({ id }: { readonly id: string }): string => `session.${id}`,
  timeoutMs: 10_000,
}

/** Access by the policy, then by the session. Runs in the session's queue, so that it uses the current state. */
export function sessionAccess(guard: Guard, sessions: Sessions, contract: SessionContract) {
  const byPolicy = guard.access(contract)
  return async (req: AccessRequest<(typeof contracts.multicart)["pattern"]["source"]>): Promise<Access> => {
    const { get = false, ...calls } = await byPolicy(req)
    return { ...calls, get: get && isShownTo(await sessions.get(req.parts.id), req.cid) }
  }
}

/** Any resource of a session. */
type SessionContract = Extract<(typeof contracts)[keyof typeof contracts], { readonly pattern: object }>
