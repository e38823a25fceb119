import type { Basket } from "@shopwire/client"
import type { Format } from "../locale/format.ts"
import type { Texts } from "../locale/texts.ts"
import { shopperName } from "../people/shopper-name.tsx"

/** `Group of 3: Shopper 12, Shopper 7, and Shopper 40` */
export function groupTitle(t: Texts, format: Format, group: readonly Basket[]): string {
  const names = format.list(group.map(({ shopper_id }) => shopperName(t, shopper_id)))
  return t("group.title", { count: group.length, names })
}
