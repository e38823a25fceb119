/**
 * Where the customer's own cart comes from: the shop's system, as the widget sees it. `ecwidCart` is one; a shop may write its
 * own.
 */
export interface CartSource {
  /**
   * Calls `onCart` with the cart now and after each change, until the returned function is called. A cart is a JSON object,
   * preferably like `{ items: [{ quantity, product: { id, name, price, url }, options }] }`. All friends see it, so it must not
   * contain anything private.
   */
  watch(onCart: (cart: object) => void): () => void
  /** Calls `onOrder` with the shop's number of each order that the customer places, until the returned function is called. */
  watchOrders?(onOrder: (orderRef: string | undefined) => void): () => void
  /**
   * Puts `quantity` pieces of a friend's line into the customer's own cart, with the same options. The line is as the friend's page shared it, so
   * take the price and all else but the product's ID from the shop. Without this, friends' lines cannot be added.
   */
  add?(line: Readonly<Record<string, unknown>>, quantity: number): void
  /** Takes a line out of the customer's own cart, with all its pieces. Without this, lines cannot be moved to a friend's cart. */
  remove?(line: Readonly<Record<string, unknown>>): void
  /** Formats an amount with its currency, as the shop does. Without this, the script's `data-currency` is used. */
  formatPrice?(amount: number): string
  /** Goes to the shop's checkout. Without this, there is no checkout button. */
  checkout?(): void
}
