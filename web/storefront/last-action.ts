import type { Outgoing } from "./protocol.ts"

/**
 * What the customer did last on this page. Another page of the browser may have taken the customer over meanwhile: the page that is
 * used takes it back, and then repeats the action.
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

  /** The customer used this page, for which it may take the customer over once. */
  allowTakeOver(): void {
    this.#mayTakeOver = true
  }

  /** Whether this page may take the customer over now. The action is then repeated. */
  takeOver(): boolean {
    if (!this.#mayTakeOver) return false
    this.#mayTakeOver = false
    this.repeatLater()
    return true
  }

  /** The action is to be repeated once this page speaks for the customer. */
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
