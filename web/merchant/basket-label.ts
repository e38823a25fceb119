import type { Basket } from "@shopwire/client"
import { basketName } from "./format.ts"
import type { Texts } from "./texts.ts"

/** What people call a basket: an order by its number. */
export function basketLabel(t: Texts, { session_id, checkout_seq }: Basket): string {
  return checkout_seq === null
    ? t("basket.title", { basket: basketName(session_id) })
    : t("order.title", { number: String(checkout_seq) })
}
