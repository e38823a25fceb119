import { shops } from "./catalogue.ts"
import type { Random } from "./random.ts"

/** The session in which the two friends shop together. */
export const FRIENDS_SESSION = "demo"

export const friendNames = ["Ann", "Bob"] as const

export type FriendName = (typeof friendNames)[number]

/** What a friend does, in the old storefronts' protocol. */
export type FriendStep =
  | { readonly who: FriendName; readonly does: "enter" | "leave" }
  | { readonly who: FriendName; readonly does: "updateCart"; readonly cart: EcwidCart }
  | { readonly who: FriendName; readonly does: "ready"; readonly ready: boolean }

/** The part of Ecwid's Cart that a storefront shares. Source: docs.ecwid.com, "Cart object". */
export interface EcwidCart {
  readonly productsQuantity: number
  readonly items: readonly {
    readonly quantity: number
    readonly product: { readonly id: number; readonly sku: string; readonly name: string; readonly price: number }
  }[]
}

/** Two friends meet, fill their carts, get ready one after the other, and leave; again and again. */
export function* friendSteps(random: Random): Generator<FriendStep, never> {
  const products = shops[0]?.products ?? []
  for (;;) {
    const carts = new Map<FriendName, EcwidCart["items"][number][]>(friendNames.map((who) => [who, []]))
    for (const who of friendNames) yield { who, does: "enter" }
    for (let updates = random.int(8, 14); updates > 0; updates--) {
      const who = random.pick(friendNames)
      const items = carts.get(who) ?? []
      if (items.length > 1 && random.chance(0.2)) items.splice(random.int(0, items.length - 1), 1)
      else {
        const { product_id: id, UPC: sku, product_name: name, product_price: price } = random.pick(products)
        items.push({ quantity: random.int(1, 3), product: { id, sku, name, price } })
      }
      const cart = { productsQuantity: items.reduce((sum, { quantity }) => sum + quantity, 0), items: [...items] }
      yield { who, does: "updateCart", cart }
    }
    // The host came first, and can be ready only after the guests.
    for (const who of [...friendNames].reverse()) yield { who, does: "ready", ready: true }
    for (const who of [...friendNames].reverse()) yield { who, does: "leave" }
  }
}
