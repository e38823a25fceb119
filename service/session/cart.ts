import { versionOf } from "./cart-content.ts"
import type { Happening } from "./happening.ts"
import { linesOf } from "./lines.ts"
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
  happening.add({ type: "cartSet", id, content })
  forgetDisowned(happening, id)
  if (changed && ready) withdrawReadiness(happening, id)
}

/** What is said of a line ends with the line. */
function forgetDisowned(happening: Happening, id: string): void {
  const { content, disowned = [] } = happening.member(id)
  if (disowned.length === 0) return
  const current = new Set(linesOf(content).map((line) => line.id))
  const lines = disowned.filter((line) => current.has(line))
  if (lines.length < disowned.length) happening.add({ type: "disownedSet", id, lines })
}
