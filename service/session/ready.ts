import { isEmptyCart } from "../../contract/cart.ts"
import { serviceError } from "../../contract/errors.ts"
import { checkVersion } from "./cart-content.ts"
import type { SetReady } from "./command.ts"
import type { Happening } from "./happening.ts"
import { checkNotCheckingOut } from "./lock.ts"
import type { Session } from "./session.ts"

export function setReady(happening: Happening, { id, ready, keepWish, version }: SetReady): void {
  const { wantsReady = false, content } = happening.member(id)
  checkNotCheckingOut(happening.session)
  if (ready && version !== undefined) checkSignature(content, version)
  const isEarly = ready && id === happening.session?.hostId && !happening.guestsAreReady()
  if (isEarly && !keepWish) throw serviceError("session.guestsNotReady")
  const wish = ready && (keepWish || wantsReady)
  if (wish !== wantsReady) happening.add({ type: "readyWished", id, wantsReady: wish })
  happening.setReady(id, ready && !isEarly)
}

/** Ends a member's readiness, and its wish for it. */
export function withdrawReadiness(happening: Happening, id: string): void {
  if (happening.member(id).wantsReady === true) happening.add({ type: "readyWished", id, wantsReady: false })
  happening.setReady(id, false)
}

/** Withdraws the host's readiness when a guest is not ready, and fulfils the host's wish when all are. */
export function settleHost(happening: Happening): void {
  const host = happening.host()
  if (host === undefined) return
  const ready = (host.ready || host.wantsReady === true) && happening.guestsAreReady()
  if (ready !== host.ready) happening.setReady(host.id, ready)
}

/** Whether several members are present, and all of them are ready. Absent members do not count. */
export function isEverybodyReady(session: Session | undefined): boolean {
  const present = session?.members.filter(({ cid }) => cid !== undefined) ?? []
  return present.length > 1 && present.every(({ ready }) => ready)
}

function checkSignature(content: object, version: string): void {
  checkVersion(content, version)
  if (isEmptyCart(content)) throw serviceError("session.cartEmpty")
}
