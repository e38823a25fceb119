import type { CartSource } from "./cart-source.ts"

/** Watches one cart source at a time. It starts with `start`: nobody may see the cart before. */
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
    // A source may call back at once, and that may call `start` again.
    if (this.#isStarted) return
    this.#isStarted = true
    this.#watch()
  }

  /** Watches another source instead. */
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
