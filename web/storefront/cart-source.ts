/** Where the own cart comes from: a shop's system, as the widget needs to know it. `ecwidCart` is one; a shop may write its own. */
export interface CartSource {
  /**
   * Calls `onCart` with the cart now, and after each change, until the answer is called. A cart is a JSON object, best of the
   * shape `{ items: [{ quantity, product: { id, name, price, url }, options }] }`; all friends are shown it, so it should
   * hold nothing that they are not to see.
   */
  watch(onCart: (cart: object) => void): () => void
  /** An amount as the shop writes it, with its currency. Without it the script's `data-currency` is used. */
  formatPrice?(amount: number): string
  /** Goes on to the shop's checkout. Without it no button offers that. */
  checkout?(): void
}
