import type { Pieces } from "./cart-changes.ts"
import type { Say } from "./texts.ts"

/** How many products a sentence names. */
const MAX_NAMED = 2

/** Products for a sentence: `Rye Bread`, `2 × Rye Bread`, and after two of them `3 more`. */
export function productsText(products: readonly Pieces[], say: Say): readonly string[] {
  const named = products
    .slice(0, MAX_NAMED)
    .map(({ name, quantity }) => (quantity === 1 ? name : say("said.products", { quantity, product: name })))
  const rest = products.length - named.length
  return rest === 0 ? named : [...named, say("said.more", { count: rest })]
}
