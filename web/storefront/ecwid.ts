import { identifiedItems, isRecord } from "@shopwire/client/session"
import type { CartSource } from "./cart-source.ts"

/** How often to check for Ecwid's script, in ms: a page may load it at any time after this one. */
const LOOK_MS = 250

/**
 * The part of Ecwid's JavaScript API that the widget uses.
 *
 * Source: docs.ecwid.com, "Track Storefront events" and "Manage cart and checkout"
 */
export interface Ecwid {
  readonly OnAPILoaded: { add(callback: () => void): void }
  readonly OnCartChanged: { add(callback: (cart: unknown) => void): void }
  readonly OnOrderPlaced?: { add(callback: (order: unknown) => void): void }
  readonly Cart: {
    get(callback: (cart: unknown) => void): void
    addProduct?(product: { readonly id: number; readonly quantity: number; readonly options?: unknown }): void
    /** `index`: the place of the line in the cart. */
    removeProduct?(index: number): void
    gotoCheckout?(): void
  }
  formatCurrency?(amount: number): string
}

/**
 * The cart of an Ecwid shop.
 *
 * @param page the object on which Ecwid's script sets `Ecwid`: the window
 */
export function ecwidCart(page: { readonly Ecwid?: Ecwid }): CartSource {
  // Ecwid cannot unsubscribe, so this subscribes only once, however often the cart is watched.
  const watchers = new Set<(cart: object) => void>()
  const orderWatchers = new Set<(orderRef: string | undefined) => void>()
  let latest: object | undefined
  let looking: ReturnType<typeof setInterval> | undefined
  let isSubscribed = false

  const onCart = (cart: unknown): void => {
    latest = shareable(cart)
    for (const watcher of watchers) watcher(latest)
  }
  const onOrder = (order: unknown): void => {
    const number = isRecord(order) ? order.orderNumber : undefined
    for (const watcher of orderWatchers) watcher(number === undefined ? undefined : String(number))
  }
  const subscribe = (): boolean => {
    const ecwid = page.Ecwid
    if (isSubscribed || ecwid?.OnAPILoaded === undefined) return isSubscribed
    isSubscribed = true
    ecwid.OnAPILoaded.add(() => {
      ecwid.OnCartChanged.add(onCart)
      ecwid.Cart.get(onCart)
      ecwid.OnOrderPlaced?.add(onOrder)
    })
    return true
  }

  return {
    watch: (watcher) => {
      watchers.add(watcher)
      if (latest !== undefined) watcher(latest)
      if (!subscribe()) {
        looking ??= setInterval(() => {
          if (subscribe()) clearInterval(looking)
        }, LOOK_MS)
      }
      return () => {
        watchers.delete(watcher)
        if (watchers.size > 0) return
        clearInterval(looking)
        looking = undefined
      }
    },
    watchOrders: (watcher) => {
      orderWatchers.add(watcher)
      return () => orderWatchers.delete(watcher)
    },
    add: ({ product, options }, quantity) => {
      const id = isRecord(product) ? product.id : undefined
      if (typeof id === "number") page.Ecwid?.Cart.addProduct?.({ id, quantity, options })
    },
    remove: (line) => {
      const [{ id } = {}] = identifiedItems({ items: [line] })
      const found = latest && identifiedItems(latest).find((own) => own.id === id)
      if (found !== undefined) page.Ecwid?.Cart.removeProduct?.(found.index)
    },
    formatPrice: (amount) => page.Ecwid?.formatCurrency?.(amount) ?? amount.toFixed(2),
    checkout: () => page.Ecwid?.Cart.gotoCheckout?.(),
  }
}

/**
 * The part of an Ecwid cart that friends see: its lines. An Ecwid cart also has the customer's name, address and phone, the
 * coupon, and IDs that give access to the order: these stay on this page.
 */
export function shareable(cart: unknown): { items: object[]; productsQuantity: number } {
  const items = isRecord(cart) && Array.isArray(cart.items) ? cart.items.filter(isRecord) : []
  const lines = items.map(({ quantity, product, options }) => {
    const { id, sku, name, price, url, thumbnailUrl, imageUrl } = isRecord(product) ? product : {}
    // JSON leaves out undefined values, such as options that were not chosen.
    return {
      quantity,
      product: { id, sku, name, price, url, thumbnailUrl: thumbnailUrl ?? imageUrl },
      options: isRecord(options) || Array.isArray(options) ? options : {},
    }
  })
  const quantities = lines.map(({ quantity }) => (typeof quantity === "number" ? quantity : 0))
  return { items: lines, productsQuantity: quantities.reduce((sum, quantity) => sum + quantity, 0) }
}
