import type { Basket } from "@shopwire/client"
import type { Texts } from "../locale/texts.ts"
import { shopperName } from "../people/shopper-name.tsx"

/** What people call a basket: an order by its number. */
export function basketLabel(t: Texts, { shopper_id, checkout_seq }: Basket): string {
  return checkout_seq === null
    ? t("basket.of", { shopper: shopperName(t, shopper_id) })
    : t("order.title", { number: String(checkout_seq) })
}
