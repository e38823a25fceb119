import { sum, times } from "../../contract/money.ts"
import type { PublishEvent } from "../../contract/publish-event.ts"
import type { DemoShop, Product } from "./catalogue.ts"
import type { Random } from "./random.ts"

/** What a shopper does, without its time, which is added when it is sent. */
export type DemoEvent = Omit<PublishEvent, "create_time">

/** The app's numbers of actions. */
const actionIds = { ADD: 101, REMOVE: 102, CHECKOUT: 103, WISHLIST: 104, COUPON: 105 } as const

type Action = keyof typeof actionIds

/** Share of the shoppers who leave without buying. */
const ABANDONED = 0.25
const MOST_ITEMS = 11
/** A coupon's discount, as a share: then the app's total differs from the total of the lines. */
const COUPON = 0.1

/** One shopper's visit to a shop: the basket grows and shrinks until it is checked out or abandoned. */
export class Visit {
  readonly #random: Random
  readonly #shop: DemoShop
  readonly #ids: { readonly session_id: string; readonly shopper_id: string; readonly shop_id: string }
  readonly #basket = new Map<Product, number>()
  readonly #leaves: boolean
  #wanted: number
  #last: Product
  #discount = 0
  #over = false

  constructor(random: Random, shop: DemoShop, shopper_id: string) {
    this.#random = random
    this.#shop = shop
    this.#ids = { session_id: random.uuid(), shopper_id, shop_id: shop.shop_id }
    this.#leaves = random.chance(ABANDONED)
    this.#wanted = random.int(1, MOST_ITEMS)
    this.#last = random.pick(shop.products)
  }

  /** The shopper is gone. */
  get over(): boolean {
    return this.#over
  }

  /** The shopper's next action. The last one may be a CHECKOUT. */
  next(): DemoEvent {
    const action = this.#choose()
    const product = this.#productFor(action)
    const quantity = this.#basket.get(product) ?? 0
    if (action === "ADD") {
      this.#basket.set(product, quantity + 1)
      this.#wanted--
    }
    if (action === "REMOVE" && quantity > 1) this.#basket.set(product, quantity - 1)
    if (action === "REMOVE" && quantity === 1) this.#basket.delete(product)
    if (action === "COUPON") this.#discount = COUPON
    this.#over = action === "CHECKOUT" || (this.#leaves && this.#wanted <= 0)
    this.#last = product
    return {
      ...this.#ids,
      ...product,
      action_id: actionIds[action],
      action,
      basket_total: this.#total(),
    }
  }

  #choose(): Action {
    if (this.#basket.size === 0) return "ADD"
    if (this.#wanted <= 0) return "CHECKOUT"
    const dice = this.#random.next()
    if (dice < 0.14) return "REMOVE"
    if (dice < 0.18) return "WISHLIST"
    if (dice < 0.2 && this.#discount === 0) return "COUPON"
    return "ADD"
  }

  #productFor(action: Action): Product {
    if (action === "REMOVE") return this.#random.pick([...this.#basket.keys()])
    if (action === "CHECKOUT" || action === "COUPON") return this.#last
    if (action === "ADD" && this.#basket.size > 0 && this.#random.chance(0.25)) return this.#last
    // The shop's first products sell better than the others.
    return this.#random.chance(0.5)
      ? this.#random.pick(this.#shop.products.slice(0, 6))
      : this.#random.pick(this.#shop.products)
  }

  #total(): number {
    const total = sum([...this.#basket].map(([product, quantity]) => times(product.product_price, quantity)))
    return Number((total * (1 - this.#discount)).toFixed(2))
  }
}
