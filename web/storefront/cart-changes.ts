import type { CartLine } from "./cart-lines.ts"

/** Pieces of one product with one choice of options. */
export interface Pieces {
  readonly name: string
  readonly quantity: number
}

/** What was put into a cart, and what was taken out of it. */
export interface CartChanges {
  readonly added: readonly Pieces[]
  readonly removed: readonly Pieces[]
}

/** The differences between two states of a cart, in the order of the lines. A change of a price is none. */
export function cartChanges(before: readonly CartLine[], after: readonly CartLine[]): CartChanges {
  const [had, has] = [counted(before), counted(after)]
  return { added: more(has, had), removed: more(had, has) }
}

/** Lines of the same product and options, as a shop may have them, are counted together. */
function counted(lines: readonly CartLine[]): ReadonlyMap<string, Pieces> {
  const found = new Map<string, Pieces>()
  for (const { name, options, quantity } of lines) {
    const key = JSON.stringify([name, options])
    found.set(key, { name, quantity: quantity + (found.get(key)?.quantity ?? 0) })
  }
  return found
}

function more(these: ReadonlyMap<string, Pieces>, than: ReadonlyMap<string, Pieces>): Pieces[] {
  return [...these].flatMap(([key, { name, quantity }]) => {
    const extra = quantity - (than.get(key)?.quantity ?? 0)
    return extra > 0 ? [{ name, quantity: extra }] : []
  })
}
