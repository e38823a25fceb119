import { MAX_CART_LINES } from "./limits.ts"
import { isRecord } from "./record.ts"

/** An item of a cart, with the ID of its line. */
export interface IdentifiedItem {
  /** The same for as long as the product and its options are in the cart: `-2`, `-3` follow for repetitions. */
  readonly id: string
  readonly item: Readonly<Record<string, unknown>>
  /** Its place in the cart's `items`. */
  readonly index: number
}

/**
 * The lines of a cart: the first objects in its `items`. A cart without a list of items has none. Pages use this too, so it comes without
 * zod.
 */
export function identifiedItems(content: object): readonly IdentifiedItem[] {
  const uses = new Map<string, number>()
  const lines: IdentifiedItem[] = []
  for (const [index, item] of itemsOf(content).entries()) {
    if (lines.length >= MAX_CART_LINES) break
    if (!isRecord(item)) continue
    const id = shortHash(JSON.stringify(identityOf(item)))
    const use = (uses.get(id) ?? 0) + 1
    uses.set(id, use)
    lines.push({ id: use === 1 ? id : `${id}-${use}`, item, index })
  }
  return lines
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
 * FNV-1a over the UTF-16 code units. It need not resist anybody: items of one cart with the same hash are numbered. Pages outside secure
 * contexts have no SHA-256.
 */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}
