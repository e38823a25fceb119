import { type CartAction, tab } from "./fake-ecwid.ts"

/** The shop ID of the examples in the documentation, which the merchant's page opens. */
export const SHOP_ID = "123e4567-e89b-42d3-a456-426614174000"

const actionIds = { ADD: 101, REMOVE: 102 } as const

/** The IDs of this tab's visit, which survive reloads. */
function ownId(key: string): string {
  const known = tab.getItem(key)
  if (known !== null) return known
  const id = crypto.randomUUID()
  tab.setItem(key, id)
  return id
}

/** Reports a basket action to the merchant, as the shop's app would: `POST /publish/{shop_id}`. Rejects if it is not stored. */
export async function tellMerchant({ action, product, basketTotal }: CartAction): Promise<void> {
  const event = {
    session_id: ownId("demo-session"),
    shop_id: SHOP_ID,
    shopper_id: ownId("demo-shopper"),
    action_id: actionIds[action],
    create_time: new Date().toISOString(),
    action,
    product_name: product.name,
    product_id: product.id,
    product_price: product.price,
    UPC: product.sku,
    category_id: product.category,
    basket_total: basketTotal,
  }
  const answer = await fetch(`/publish/${SHOP_ID}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(event),
  })
  if (!answer.ok) throw new Error(`publish was answered ${answer.status}`)
}
