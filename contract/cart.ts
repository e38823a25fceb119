import { isRecord } from "./record.ts"

/** What a line of a cart costs. */
export interface PricedLine {
  readonly quantity: number
  /** Of one piece. */
  readonly price: number
}

/** Larger ones are taken for a mistake: with them sums would not be exact. */
const MAX_QUANTITY = 1e6
const MAX_PRICE = 1e12

/** Whether a cart is known to hold nothing. Carts of other formats than Ecwid's are empty only until they are set. */
export function isEmptyCart(content: unknown): boolean {
  if (!isRecord(content)) return false
  if (Object.keys(content).length === 0) return true
  return Array.isArray(content.items) && content.items.length === 0
}

/**
 * The lines of an Ecwid cart, `{ items: [{ quantity, product: { price } }] }`; a line without a quantity is one piece. Undefined in the
 * place of a line that has no price; undefined for another format.
 */
export function pricedLines(content: unknown): readonly (PricedLine | undefined)[] | undefined {
  if (isEmptyCart(content)) return []
  if (!isRecord(content) || !Array.isArray(content.items)) return undefined
  return content.items.map(pricedLine)
}

function pricedLine(item: unknown): PricedLine | undefined {
  if (!isRecord(item) || !isRecord(item.product)) return undefined
  const { quantity = 1 } = item
  const { price } = item.product
  return isWithin(quantity, MAX_QUANTITY) && quantity > 0 && isWithin(price, MAX_PRICE)
    ? { quantity, price }
    : undefined
}

function isWithin(value: unknown, limit: number): value is number {
  return typeof value === "number" && Math.abs(value) <= limit
}
