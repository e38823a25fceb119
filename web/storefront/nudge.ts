import type { Member } from "@shopwire/client/session"
import { cartLines } from "./cart-lines.ts"

/** True when everybody else is ready, and only the customer, who has something in the cart, is not. Absent friends do not count. */
export function isWaitedFor(members: readonly Member[], ownId: string | undefined): boolean {
  const own = members.find(({ id }) => id === ownId)
  const others = members.filter(({ id, presence }) => id !== ownId && presence !== "away")
  if (own === undefined || own.isReady || others.length === 0) return false
  return others.every(({ isReady }) => isReady) && cartLines(own.content, location.origin).length > 0
}
