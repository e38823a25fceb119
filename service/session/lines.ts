import { type IdentifiedItem, identifiedItems } from "../../contract/line-ids.ts"
import { known } from "./cart-content.ts"

/** A line of a cart. */
export type Line = IdentifiedItem

const lines = new WeakMap<object, readonly Line[]>()

/** The lines of a cart. Computed once for each cart: unchanged carts stay the same objects. */
export function linesOf(content: object): readonly Line[] {
  return known(lines, content, () => identifiedItems(content))
}
