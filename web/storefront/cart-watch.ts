import type { CartSource } from "./cart-source.ts"

export interface CartListener {
  readonly onCart: (cart: object) => void
  readonly onOrder: (orderRef: string | undefined) => void
}

/** Watches one cart source at a time. It starts with `start`: nobody may see the cart before. */
export class CartWatch {
  readonly #listener: CartListener
  #source: CartSource
  #isStarted = false
  #ends: ((() => void) | undefined)[] = []

  constructor(source: CartSource, listener: CartListener) {
    this.#source = source
    this.#listener = listener
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
    for (const end of this.#ends.splice(0)) end?.()
    this.#source = source
    if (this.#isStarted) this.#watch()
  }

  #watch(): void {
    const { onCart, onOrder } = this.#listener
    this.#ends = [this.#source.watch(onCart), this.#source.watchOrders?.(onOrder)]
  }
}
