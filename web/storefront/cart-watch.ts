import type { CartSource } from "./cart-source.ts"

/** Watches one cart source at a time, from the first `start` on: before that nobody is to see the cart. */
export class CartWatch {
  readonly #onCart: (cart: object) => void
  #source: CartSource
  #isStarted = false
  #end: (() => void) | undefined

  constructor(source: CartSource, onCart: (cart: object) => void) {
    this.#source = source
    this.#onCart = onCart
  }

  get source(): CartSource {
    return this.#source
  }

  start(): void {
    // A source may tell its cart at once, and that may start the watch again.
    if (this.#isStarted) return
    this.#isStarted = true
    this.#watch()
  }

  /** Watches another source in the place of the one so far. */
  use(source: CartSource): void {
    this.#end?.()
    this.#end = undefined
    this.#source = source
    if (this.#isStarted) this.#watch()
  }

  #watch(): void {
    this.#end = this.#source.watch(this.#onCart)
  }
}
