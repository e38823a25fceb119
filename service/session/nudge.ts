import { serviceError } from "../../contract/errors.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { checkNotCheckingOut } from "./lock.ts"

/** For this time after a nudge, in ms, nobody nudges the member again. */
export const NUDGE_PAUSE_MS = 30 * 1000

/** A member asks another one whether it is ready. Whoever is ready, or was nudged a moment ago, is not asked. */
export function nudge(
  happening: Happening,
  { id: by, to, at }: Extract<SessionCommand, { readonly type: "nudge" }>,
): void {
  happening.member(by)
  const { ready, basket, nudged } = happening.member(to)
  checkNotCheckingOut(happening.session)
  if (by === to || basket !== undefined) throw serviceError("session.cannotAnswer")
  const isRecent = nudged !== undefined && at < nudged.at + NUDGE_PAUSE_MS
  if (!ready && !isRecent) happening.add({ type: "nudged", id: to, by, at })
}
