import { versionOf } from "./cart-content.ts"
import { forgetGoneLines } from "./gone-lines.ts"
import type { Happening } from "./happening.ts"
import { checkUnlocked } from "./lock.ts"
import { withdrawReadiness } from "./ready.ts"

/** Sets a cart. Another content than before needs unlocked carts, and ends the member's readiness. */
export function updateCart(happening: Happening, id: string, content: object): void {
  const { ready, content: before } = happening.member(id)
  const { lock, checkout } = happening.session ?? {}
  // Contents are compared only where it matters, because that costs more than the rest of an update.
  const matters = ready || lock !== undefined || checkout !== undefined
  const changed = matters && versionOf(content) !== versionOf(before)
  if (changed) checkUnlocked(happening.session)
  happening.add({ type: "cartSet", id, content, request: happening.requestOf(id) })
  forgetGoneLines(happening, id)
  if (changed && ready) withdrawReadiness(happening, id)
}
