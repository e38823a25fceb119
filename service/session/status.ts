import type { Phase, SessionStatus } from "../../contract/session-status.ts"
import { instantOf } from "./lock.ts"
import { isEverybodyReady } from "./ready.ts"
import type { Session } from "./session.ts"

/** What members share. Undefined: the session is not used. */
export function statusOf(session: Session | undefined, n: number): SessionStatus {
  const { lock, deadline, split, checkout } = session ?? {}
  return {
    n: session === undefined ? 0 : n,
    phase: phaseOf(session),
    everybody_ready: isEverybodyReady(session),
    locked_by: lock?.by ?? null,
    locked_at: shown(lock?.at),
    deadline: shown(deadline),
    payer: checkout?.payer ?? null,
    checking_out_at: shown(checkout?.at),
    ordered_at: shown(checkout?.ordered?.at),
    order_ref: checkout?.ordered?.ref ?? null,
    split: split ?? "byCart",
  }
}

export function phaseOf(session: Session | undefined): Phase {
  const { lock, checkout } = session ?? {}
  if (checkout?.ordered !== undefined) return "ordered"
  if (checkout !== undefined) return "checkingOut"
  return lock === undefined ? "shopping" : "locked"
}

function shown(ms: number | undefined): string | null {
  return ms === undefined ? null : instantOf(ms)
}
