import { isRecord } from "../../contract/record.ts"
import { sha256 } from "../sha256.ts"
import { known } from "./cart-content.ts"

/** Characters of a line's ID, without the number of a repetition. */
const ID_LENGTH = 12

/** A line of a cart. */
export interface Line {
  /** The same for as long as the product and its options are in the cart: `-2`, `-3` follow for repetitions. */
  readonly id: string
  readonly item: object
  /** Its place in the cart's `items`. */
  readonly index: number
}

const lines = new WeakMap<object, readonly Line[]>()

/** The lines of a cart: the objects in its `items`. A cart without a list of items has none. */
export function linesOf(content: object): readonly Line[] {
  return known(lines, content, () => {
    const uses = new Map<string, number>()
    return itemsOf(content).flatMap((item, index) => {
      if (!isRecord(item)) return []
      const id = sha256(JSON.stringify(identityOf(item))).slice(0, ID_LENGTH)
      const use = (uses.get(id) ?? 0) + 1
      uses.set(id, use)
      return { id: use === 1 ? id : `${id}-${use}`, item, index }
    })
  })
}

export function itemsOf(content: object): readonly unknown[] {
  return isRecord(content) && Array.isArray(content.items) ? content.items : []
}

/** What makes an item the same line when quantity, price or texts change: the product, and the options that were chosen. */
function identityOf(item: Readonly<Record<string, unknown>>): unknown {
  const { product, options, selectedOptions, combinationId } = item
  if (!isRecord(product)) {
    const { quantity: _, ...rest } = item
    return rest
  }
  const { id, sku, name } = product
  return [id ?? sku ?? name ?? product, selectedOptions ?? options ?? null, combinationId ?? null]
}
