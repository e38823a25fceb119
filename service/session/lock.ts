import { serviceError } from "../../contract/errors.ts"
import { MAX_DEADLINE_MS } from "../../contract/limits.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import type { Session } from "./session.ts"

/** Throws `session.locked`, `session.checkingOut` or `session.ordered` while carts can't be changed. */
export function checkUnlocked(session: Session | undefined): void {
  checkNotCheckingOut(session)
  const { lock } = session ?? {}
  if (lock !== undefined) throw serviceError("session.locked", { by: lock.by, since: instantOf(lock.at) })
}

/** Throws `session.checkingOut` or `session.ordered`. */
export function checkNotCheckingOut(session: Session | undefined): void {
  const { checkout } = session ?? {}
  checkNotOrdered(session)
  if (checkout !== undefined)
    throw serviceError("session.checkingOut", { payer: checkout.payer, since: instantOf(checkout.at) })
}

/** Throws `session.ordered`. */
export function checkNotOrdered(session: Session | undefined): void {
  const ordered = session?.checkout?.ordered
  if (ordered !== undefined) throw serviceError("session.ordered", { at: instantOf(ordered.at) })
}

/** When the deadline locks the carts, in ms since the epoch; undefined: never. */
export function deadlineDue(session: Session | undefined): number | undefined {
  const { deadline, lock, checkout } = session ?? {}
  return lock === undefined && checkout?.ordered === undefined ? deadline : undefined
}

export function lockAtDeadline(happening: Happening, at: number): void {
  const due = deadlineDue(happening.session)
  if (due !== undefined && due <= at) happening.add({ type: "locked", lock: { by: "deadline", at: due } })
}

export function lock(happening: Happening, by: string, at: number): void {
  happening.checkHost(by)
  checkNotCheckingOut(happening.session)
  if (happening.session?.lock === undefined) happening.add({ type: "locked", lock: { by: "host", at } })
}

export function unlock(happening: Happening, by: string, at: number): void {
  happening.checkHost(by)
  checkNotCheckingOut(happening.session)
  const { lock, deadline } = happening.session ?? {}
  if (lock === undefined) return
  happening.add({ type: "unlocked" })
  // A deadline that has passed would lock the carts again.
  if (deadline !== undefined && deadline <= at) happening.add({ type: "deadlineSet", deadline: undefined })
}

/** Sets another deadline, or none. A lock by the deadline before ends with it. */
export function setDeadline(
  happening: Happening,
  { by, deadline, at }: Extract<SessionCommand, { type: "setDeadline" }>,
): void {
  happening.checkHost(by)
  checkNotCheckingOut(happening.session)
  const latest = at + MAX_DEADLINE_MS
  if (deadline !== undefined && (deadline <= at || deadline > latest))
    throw serviceError("session.deadlineOutOfRange", { after: instantOf(at), latest: instantOf(latest) })
  if (deadline !== happening.session?.deadline) happening.add({ type: "deadlineSet", deadline })
  if (happening.session?.lock?.by === "deadline") happening.add({ type: "unlocked" })
}

/** A time of a session as clients get it. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString()
}
