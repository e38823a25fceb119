import { openStore, type PublishEvent, Publisher } from "@shopwire/client/publish"
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

/** Events wait in the browser until the edge has stored them, also over a reload. */
const publisher = openStore(`demo ${SHOP_ID}`).then(
  (store) => new Publisher({ edgeUrl: location.origin, shopId: SHOP_ID, store }),
)

/** Reports a basket action to the merchant, as the shop's app would. Resolves when it is stored; rejects if it is refused. */
export async function tellMerchant({ action, product, basketTotal }: CartAction): Promise<void> {
  const event: PublishEvent = {
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
  await (await publisher).publish(event)
}
