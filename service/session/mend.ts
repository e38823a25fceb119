import { versionOf } from "./cart-content.ts"
import { forgetGoneLines } from "./gone-lines.ts"
import { Happening } from "./happening.ts"
import { settleHost, withdrawReadiness } from "./ready.ts"
import type { Session } from "./session.ts"

/**
 * A session as it was read from the store, without what its rules do not allow. A cart and the flag that it ends are two keys, so the
 * service may have stopped between them: whoever is ready for another version of its cart is not ready, and nothing is said of lines that
 * are gone. A process of an earlier release
 * knows no checkout, and may have let the payer go.
 */
export function mended(session: Session): Session {
  const happening = new Happening(session)
  for (const { id, ready, readyFor, content } of session.members) {
    if (ready && readyFor !== undefined && readyFor !== versionOf(content)) withdrawReadiness(happening, id)
    forgetGoneLines(happening, id)
  }
  const { checkout, members } = session
  if (checkout !== undefined && checkout.ordered === undefined && !members.some(({ id }) => id === checkout.payer))
    happening.add({ type: "checkoutCancelled" })
  if (happening.events.length === 0) return session
  settleHost(happening)
  return happening.session ?? session
}
