import type { Happening } from "./happening.ts"
import { deadlineDue, lockAtDeadline } from "./lock.ts"
import { endOldOffers, offersDue } from "./offers.ts"
import type { Session } from "./session.ts"

/** When a `tick` will change a session, in ms since the epoch; undefined: never. */
export function dueAt(session: Session | undefined): number | undefined {
  const at = Math.min(deadlineDue(session) ?? Infinity, offersDue(session) ?? Infinity)
  return at === Infinity ? undefined : at
}

/** Does whatever is due at this time. */
export function tick(happening: Happening, at: number): void {
  lockAtDeadline(happening, at)
  endOldOffers(happening, at)
}
