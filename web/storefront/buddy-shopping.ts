import type { CartSource } from "./cart-source.ts"
import type { InviteLimits } from "./protocol.ts"
import type { TogetherEvents, TogetherState } from "./together.ts"

/** `window.BuddyShopping`, for the shop's own scripts. */
export interface BuddyShopping {
  /** What is so now. */
  readonly state: TogetherState
  /** Starts a session, a new one unless its id is given. Rejects with an error that has a `code`. */
  start(options?: { readonly name?: string; readonly sessionId?: string }): Promise<TogetherState>
  /** Joins a session that somebody has started. Rejects with an error that has a `code`. */
  join(sessionId: string, options?: { readonly name?: string; readonly invite?: string }): Promise<TogetherState>
  /** Makes a link without which from now on nobody comes in; only the host may. Rejects with an error that has a `code`. */
  createInvite(limits?: InviteLimits): Promise<string>
  /** Leaves, and resolves when that is known to the others. */
  leave(): Promise<void>
  setReady(isReady: boolean): void
  /** Takes a member out; only the host may. */
  kick(customerId: string): void
  /** Opens and closes the panel. */
  open(): void
  close(): void
  /** Shows friends this shop's cart, in the place of Ecwid's. */
  useCart(source: CartSource): void
  /** Listens; the answer ends it. */
  on<Name extends keyof TogetherEvents>(name: Name, listener: (detail: TogetherEvents[Name]) => void): () => void
}
