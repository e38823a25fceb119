import type { Basket } from "@shopwire/client"
import { shopperName } from "./shopper-name.tsx"
import type { Texts } from "./texts.ts"

/** What people call a basket: an order by its number. */
export function basketLabel(t: Texts, { shopper_id, checkout_seq }: Basket): string {
  return checkout_seq === null
    ? t("basket.of", { shopper: shopperName(t, shopper_id) })
    : t("order.title", { number: String(checkout_seq) })
}
