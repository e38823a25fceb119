import { isEmptyCart } from "../../contract/cart.ts"
import { serviceError } from "../../contract/errors.ts"
import type { Split } from "../../contract/session-status.ts"
import type { SessionCommand } from "./command.ts"
import type { Happening } from "./happening.ts"
import { checkNotCheckingOut, checkNotOrdered, instantOf } from "./lock.ts"
import { isEverybodyReady, withdrawReadiness } from "./ready.ts"
import type { Checkout } from "./session.ts"

export function setSplit(happening: Happening, by: string, split: Split): void {
  happening.checkHost(by)
  checkNotCheckingOut(happening.session)
  if (happening.session?.split !== split) happening.add({ type: "splitSet", split })
}

/** A member begins to pay for all. Asked again by the same member, it changes nothing. */
export function beginCheckout(happening: Happening, payer: string, at: number): void {
  happening.member(payer)
  checkNotOrdered(happening.session)
  const { checkout, members = [] } = happening.session ?? {}
  if (checkout?.payer === payer) return
  if (checkout !== undefined)
    throw serviceError("session.alreadyCheckingOut", { payer: checkout.payer, since: instantOf(checkout.at) })
  if (!isEverybodyReady(happening.session) && !isLoneHost(happening, payer))
    throw serviceError("session.notEverybodyReady")
  happening.add({ type: "checkoutBegun", checkout: { payer, at, members: members.map(({ id }) => id) } })
}

export function cancelCheckout(happening: Happening, by: string): void {
  const { payer } = pendingCheckout(happening)
  if (by !== payer && by !== happening.session?.hostId) throw serviceError("session.notPayer")
  happening.add({ type: "checkoutCancelled" })
}

export function completeCheckout(
  happening: Happening,
  { by, at, ref }: Extract<SessionCommand, { type: "completeCheckout" }>,
): void {
  const { payer } = pendingCheckout(happening)
  if (by !== payer) throw serviceError("session.notPayer")
  happening.add({ type: "ordered", at, ref })
}

/** After an order, friends shop on with the carts as they are. */
export function shopAgain(happening: Happening, by: string): void {
  happening.checkHost(by)
  if (happening.session?.checkout?.ordered === undefined) throw serviceError("session.notOrdered")
  happening.add({ type: "shoppingBegun" })
  for (const { id } of happening.membersWhere(({ ready, wantsReady }) => ready || wantsReady === true))
    withdrawReadiness(happening, id)
}

/** The checkout that is not ordered yet. */
function pendingCheckout({ session }: Happening): Checkout {
  checkNotOrdered(session)
  if (session?.checkout === undefined) throw serviceError("session.notCheckingOut")
  return session.checkout
}

/** Alone there is no "everybody": a host that nobody else is with only needs something in its cart. */
function isLoneHost(happening: Happening, id: string): boolean {
  const others = happening.membersWhere((member) => member.id !== id && member.cid !== undefined)
  return id === happening.session?.hostId && others.length === 0 && !isEmptyCart(happening.member(id).content)
}
