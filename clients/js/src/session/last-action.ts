import type { Outgoing } from "./protocol.ts"

/**
 * The customer's last action on this page. If another page of the browser has taken the customer over meanwhile, this page takes
 * it back, and then repeats the action.
 */
export class LastAction {
  #message: Outgoing | undefined
  #mayTakeOver = false
  #repetition: Outgoing | undefined

  /** True until the edge has refused the action, or something else was sent. */
  get isOpen(): boolean {
    return this.#message !== undefined
  }

  begin(message: Outgoing): void {
    this.#message = message
    this.#mayTakeOver = true
  }

  end(): void {
    this.#message = undefined
  }

  /** The customer used this page, so the page may take the customer over once. */
  allowTakeOver(): void {
    this.#mayTakeOver = true
  }

  /** Returns whether this page may take the customer over now. The action will then be repeated. */
  takeOver(): boolean {
    if (!this.#mayTakeOver) return false
    this.#mayTakeOver = false
    this.repeatLater()
    return true
  }

  /** The action will be repeated when this page speaks for the customer. */
  repeatLater(): void {
    this.#repetition = this.#message
  }

  /** The action to repeat now, if any. */
  repetition(): Outgoing | undefined {
    const message = this.#repetition
    this.#repetition = undefined
    return message
  }
}
