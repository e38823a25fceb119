import { isRecord, shelf } from "@shopwire/client/session"
import type { Ecwid } from "../ecwid.ts"
import { goods } from "./goods.ts"

/** The key of the cart, which is kept while the tab is open. */
const CART_KEY = "demo-cart"

/** Storage per tab: two tabs are two customers. */
export const tab = shelf(() => sessionStorage)

export interface Product {
  readonly id: number
  readonly sku: string
  readonly name: string
  readonly price: number
  readonly category: string
  /** The address of its picture. */
  readonly thumbnailUrl: string
}

interface CartItem {
  quantity: number
  readonly product: Product & { readonly url: string }
}

/** A change of the cart, as the shop's app would report it to the merchant. */
export interface CartAction {
  readonly action: "ADD" | "REMOVE"
  readonly product: Product
  readonly basketTotal: number
}

/**
 * A cart with the part of Ecwid's JavaScript API that the widget uses, so that the same adapter runs here as in a real shop. It
 * survives reloads. Two tabs are two customers.
 */
export class FakeEcwid implements Ecwid {
  readonly #items: CartItem[]
  readonly #watchers: ((cart: unknown) => void)[] = []
  readonly #onAction: (action: CartAction) => void
  readonly #onCheckout: () => void

  constructor(onAction: (action: CartAction) => void, onCheckout: () => void) {
    this.#onAction = onAction
    this.#onCheckout = onCheckout
    this.#items = keptItems()
  }

  // The API is ready, so it calls back at once, as Ecwid does when it has already loaded.
  readonly OnAPILoaded = { add: (callback: () => void) => callback() }
  readonly OnCartChanged = { add: (callback: (cart: unknown) => void) => void this.#watchers.push(callback) }
  readonly Cart = {
    get: (callback: (cart: unknown) => void) => callback(this.#snapshot()),
    addProduct: ({ id, quantity }: { readonly id: number; readonly quantity: number }) => {
      const product = goods.find((good) => good.id === id)
      for (let piece = 0; product !== undefined && piece < quantity; piece++) this.add(product)
    },
    removeProduct: (index: number) => {
      const item = this.#items[index]
      for (let pieces = item?.quantity ?? 0; item !== undefined && pieces > 0; pieces--) this.remove(item.product)
    },
    gotoCheckout: () => this.#onCheckout(),
  }

  formatCurrency(amount: number): string {
    return new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR" }).format(amount)
  }

  get items(): readonly Readonly<CartItem>[] {
    return this.#items
  }

  get total(): number {
    return Number(this.#items.reduce((sum, { quantity, product }) => sum + quantity * product.price, 0).toFixed(2))
  }

  add(product: Product): void {
    const known = this.#items.find((item) => item.product.id === product.id)
    if (known === undefined) this.#items.push({ quantity: 1, product: { ...product, url: `#product-${product.id}` } })
    else known.quantity++
    this.#changed({ action: "ADD", product, basketTotal: this.total })
  }

  remove(product: Product): void {
    const at = this.#items.findIndex((item) => item.product.id === product.id)
    const item = this.#items[at]
    if (item === undefined) return
    if (--item.quantity === 0) this.#items.splice(at, 1)
    this.#changed({ action: "REMOVE", product, basketTotal: this.total })
  }

  clear(): void {
    this.#items.splice(0)
    this.#changed(undefined)
  }

  #changed(action: CartAction | undefined): void {
    tab.setItem(CART_KEY, JSON.stringify(this.#items))
    for (const watcher of this.#watchers) watcher(this.#snapshot())
    if (action !== undefined) this.#onAction(action)
  }

  // A copy, as in Ecwid. Like Ecwid's, it contains the customer's address, which friends must not see.
  #snapshot(): unknown {
    return structuredClone({
      cartId: "99E7E224-5F6F-4C00-BFE9-9F72F2B5A471",
      items: this.#items.map((item) => ({ ...item, options: {} })),
      productsQuantity: this.#items.reduce((sum, { quantity }) => sum + quantity, 0),
      shippingPerson: { name: "Demo Customer", street: "1 Demo Street", city: "Demo" },
      weight: 0,
    })
  }
}

/** The lines of the stored cart. Values that another script stored there are ignored. */
function keptItems(): CartItem[] {
  try {
    const found: unknown = JSON.parse(tab.getItem(CART_KEY) ?? "[]")
    return Array.isArray(found) ? found.filter(isItem) : []
  } catch {
    return []
  }
}

function isItem(value: unknown): value is CartItem {
  if (!isRecord(value) || !isRecord(value.product)) return false
  const { id, sku, name, price, category, url, thumbnailUrl } = value.product
  return (
    [value.quantity, id, price].every(Number.isFinite) &&
    [sku, name, category, url, thumbnailUrl].every((text) => typeof text === "string")
  )
}
