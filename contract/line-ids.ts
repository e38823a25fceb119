import { isRecord } from "./record.ts"

/** An item of a cart, with the ID of its line. */
export interface IdentifiedItem {
  /** The same for as long as the product and its options are in the cart: `-2`, `-3` follow for repetitions. */
  readonly id: string
  readonly item: object
  /** Its place in the cart's `items`. */
  readonly index: number
}

/** The lines of a cart: the objects in its `items`. A cart without a list of items has none. Pages use this too, so it comes without zod. */
export function identifiedItems(content: object): readonly IdentifiedItem[] {
  const uses = new Map<string, number>()
  return itemsOf(content).flatMap((item, index) => {
    if (!isRecord(item)) return []
    const id = shortHash(JSON.stringify(identityOf(item)))
    const use = (uses.get(id) ?? 0) + 1
    uses.set(id, use)
    return { id: use === 1 ? id : `${id}-${use}`, item, index }
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

/**
 * FNV-1a, twice over the UTF-16 code units. It need not resist anybody: items of one cart with the same hash are numbered. Pages outside
 * secure contexts have no SHA-256.
 */
function shortHash(text: string): string {
  let [first, second] = [0x811c9dc5, 0x050c5d1f]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    first = Math.imul(first ^ unit, 0x01000193)
    second = Math.imul(second ^ unit, 0x0100019d)
  }
  return [first, second].map((half) => (half >>> 0).toString(36)).join("")
}
