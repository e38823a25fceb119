import { groupTotal, type OwnedCart } from "../../contract/group-total.ts"
import type { Phase, SessionStatus } from "../../contract/session-status.ts"
import { instantOf } from "./lock.ts"
import { shownMembers } from "./multicart.ts"
import { isEverybodyReady } from "./ready.ts"
import type { Session } from "./session.ts"

/** What members share. `session` undefined: nobody uses it. `currency` is the shop's. */
export function statusOf(session: Session | undefined, n: number, currency: string | null): SessionStatus {
  const { lock, deadline, split = "byCart", checkout, shopId = null } = session ?? {}
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
    split,
    shop_id: shopId,
    currency,
    totals: session === undefined ? null : groupTotal(cartsIn(session), split, currency),
    offers: offersIn(session),
    disowned: disownedIn(session),
  }
}

/** The carts that are paid together. During a checkout they are those of whoever was a member when it began. */
function cartsIn(session: Session): readonly OwnedCart[] {
  const { members } = session.checkout ?? {}
  return shownMembers(session)
    .filter(({ id }) => members?.includes(id) ?? true)
    .map(({ id: customer, name, content }) => ({ customer, name, content }))
}

function offersIn(session: Session | undefined): SessionStatus["offers"] {
  return (session?.offers ?? []).map(({ line = null, at, ...offer }) => ({ ...offer, line, at: instantOf(at) }))
}

function disownedIn(session: Session | undefined): SessionStatus["disowned"] {
  return shownMembers(session).flatMap(({ id: customer, disowned = [] }) =>
    disowned.map((line) => ({ customer, line })),
  )
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
