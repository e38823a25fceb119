import { createHash, randomUUID } from "node:crypto"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { post } from "../helpers/http.ts"
import { until } from "../helpers/until.ts"

const products = [
  { product_id: 500100, product_name: "FUJI Apples", product_price: 3.5, UPC: "042100005264", category_id: "fruit" },
  { product_id: 500101, product_name: "Oat Milk, 1 l", product_price: 2.19, UPC: "042100005271", category_id: "dairy" },
  {
    product_id: 500102,
    product_name: "Sourdough Loaf",
    product_price: 5.4,
    UPC: "042100005288",
    category_id: "bakery",
  },
  {
    product_id: 500103,
    product_name: "Espresso Beans, 500 g",
    product_price: 14.9,
    UPC: "042100005295",
    category_id: "coffee",
  },
  {
    product_id: 500104,
    product_name: "Free-range Eggs, 10",
    product_price: 4.25,
    UPC: "042100005301",
    category_id: "dairy",
  },
  {
    product_id: 500105,
    product_name: "Vine Tomatoes",
    product_price: 2.8,
    UPC: "042100005318",
    category_id: "vegetables",
  },
  {
    product_id: 500106,
    product_name: "Extra Virgin Olive Oil, 750 ml",
    product_price: 18.5,
    UPC: "042100005325",
    category_id: "pantry",
  },
  {
    product_id: 500107,
    product_name: "Dark Chocolate 85 %",
    product_price: 3.2,
    UPC: "042100005332",
    category_id: "sweets",
  },
]

/** A UUID version 4 that is always the same for a name. */
export function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** What shoppers of one shop do, one event after the other; always the same. */
export class Shoppers {
  readonly shopId: string
  readonly #baskets = new Map<string, { total: number; items: number[] }>()
  #state = 7
  #count = 0

  constructor(shopId: string) {
    this.shopId = shopId
  }

  /** The next `count` events. */
  next(count: number): PublishEvent[] {
    return Array.from({ length: count }, () => this.#event())
  }

  #event(): PublishEvent {
    const who = `shopper ${this.#random(9) + (this.#count >> 6)}`
    const basket = this.#baskets.get(who) ?? { total: 0, items: [] }
    this.#baskets.set(who, basket)
    const dice = this.#random(20)
    const last = basket.items.at(-1)
    if (dice === 0 && basket.items.length > 2) {
      this.#baskets.delete(who)
      return this.#of(who, "CHECKOUT", last ?? 0, basket.total)
    }
    if (dice < 3 && last !== undefined) {
      basket.items.pop()
      basket.total -= products[last]?.product_price ?? 0
      return this.#of(who, "REMOVE", last, basket.total)
    }
    const product = this.#random(products.length)
    if (dice === 4) return this.#of(who, "VIEW", product, basket.total)
    basket.items.push(product)
    basket.total += products[product]?.product_price ?? 0
    return this.#of(who, "ADD", product, basket.total)
  }

  #of(who: string, action: string, product: number, total: number): PublishEvent {
    const { product_id, product_name, product_price, UPC, category_id } = products[product] ?? products[0] ?? never()
    this.#count++
    return {
      session_id: uuidOf(`session of ${who}`),
      shop_id: this.shopId,
      shopper_id: uuidOf(who),
      action_id: this.#count,
      create_time: "2026-11-25T10:00:00.000Z",
      action,
      product_name,
      product_id,
      product_price,
      UPC,
      category_id,
      basket_total: Math.round(total * 100) / 100,
    }
  }

  // Park and Miller's: the same numbers on every machine.
  #random(below: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647
    return this.#state % below
  }
}

/** Publishes events of one shop, in order. */
export async function publishAll(edgeUrl: string, events: readonly PublishEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500) await publishArray(edgeUrl, events.slice(i, i + 500))
}

/** Publishes events of one shop in one array. Does as clients should when it takes too long on a busy machine: again, under the same key. */
export async function publishArray(edgeUrl: string, events: readonly PublishEvent[]): Promise<void> {
  const headers = { "Idempotency-Key": randomUUID() }
  await until("an array to be stored", async () => {
    const { status } = await post(`${edgeUrl}/publish/${events[0]?.shop_id}`, events, headers)
    if (status !== 200 && status !== 503) throw new Error(`a publish was answered with ${status}`)
    return status === 200
  })
}

function never(): never {
  throw new Error("there are no products")
}
