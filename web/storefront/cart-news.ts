import { cartChanges } from "./cart-changes.ts"
import { type CartLine, cartLines } from "./cart-lines.ts"
import { productsText } from "./products-text.ts"
import type { Say } from "./texts.ts"
import type { TogetherState } from "./together.ts"

/** Changes of a cart within this time, in ms, are told together. */
const PAUSE_MS = 1200

/** Tells what friends put into their carts and take out of them. */
export class CartNews {
  readonly #say: Say
  readonly #tell: (text: string) => void
  /** The content and lines of each cart, by its owner's ID. */
  readonly #carts = new Map<string, { readonly content: unknown; readonly lines: readonly CartLine[] }>()
  /** The lines before the changes that are not told yet. */
  readonly #before = new Map<string, readonly CartLine[]>()

  constructor(say: Say, tell: (text: string) => void) {
    this.#say = say
    this.#tell = tell
  }

  update({ phase, members, customerId }: TogetherState, names: ReadonlyMap<string, string>): void {
    if (phase === "idle" || phase === "entering") {
      this.#carts.clear()
      this.#before.clear()
      return
    }
    for (const { id, content } of members) {
      const known = this.#carts.get(id)
      if (known?.content === content) continue
      const lines = cartLines(content, location.origin)
      this.#carts.set(id, { content, lines })
      if (known === undefined || id === customerId) continue
      if (!this.#before.has(id)) {
        this.#before.set(id, known.lines)
        setTimeout(() => this.#tellOf(id, names.get(id) ?? ""), PAUSE_MS)
      }
    }
  }

  #tellOf(id: string, name: string): void {
    const before = this.#before.get(id)
    const after = this.#carts.get(id)?.lines
    this.#before.delete(id)
    if (before === undefined || after === undefined) return
    const { added, removed } = cartChanges(before, after)
    if (added.length > 0) this.#tell(this.#say("said.added", { name, products: productsText(added, this.#say) }))
    if (removed.length > 0) this.#tell(this.#say("said.removed", { name, products: productsText(removed, this.#say) }))
  }
}
