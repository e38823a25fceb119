import type { InviteLimits } from "@shopwire/client/session"
import type { CartSource } from "./cart-source.ts"
import type { TogetherEvents, TogetherState } from "./together.ts"

/** `window.BuddyShopping`, for the shop's own scripts. */
export interface BuddyShopping {
  /** The current state. */
  readonly state: TogetherState
  /** Starts a session: a new one, unless an ID is given. Rejects with an error that has a `code`. */
  start(options?: { readonly name?: string; readonly sessionId?: string }): Promise<TogetherState>
  /** Joins a session that somebody has started. Rejects with an error that has a `code`. */
  join(sessionId: string, options?: { readonly name?: string; readonly invite?: string }): Promise<TogetherState>
  /**
   * Makes an invite link; from then on nobody can join without one. Only the host may. Rejects with an error that has a `code`.
   */
  createInvite(limits?: InviteLimits): Promise<string>
  /** Leaves, and resolves when the others know. */
  leave(): Promise<void>
  setReady(isReady: boolean): void
  /** Removes a member; only the host may. */
  kick(customerId: string): void
  /** Locks all carts; only the host may. This and the following reject with an error that has a `code`. */
  lock(): Promise<void>
  unlock(): Promise<void>
  /** Locks the carts at a time; undefined: not any more. Only the host may. */
  setDeadline(at: Date | undefined): Promise<void>
  /** How the total is split; only the host may say it. */
  setSplit(split: "byCart" | "evenly"): Promise<void>
  /** Says that the customer pays for all. Everybody must be ready. */
  beginCheckout(): Promise<void>
  /** Back to shopping; the customer who pays may do it, and the host. */
  cancelCheckout(): Promise<void>
  /** Says that the customer who pays has placed the order; `orderRef` is the shop's number of it. */
  completeCheckout(orderRef?: string): Promise<void>
  /** Goes on shopping after an order; only the host may. */
  shopAgain(): Promise<void>
  /** Opens the panel. */
  open(): void
  close(): void
  /** Shows friends the cart of this source, instead of Ecwid's. */
  useCart(source: CartSource): void
  /** Calls `listener` for each event of that name, until the returned function is called. */
  on<Name extends keyof TogetherEvents>(name: Name, listener: (detail: TogetherEvents[Name]) => void): () => void
}
