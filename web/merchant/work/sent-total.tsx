import type { Basket } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"

/** The total that the app sent, if it differs from the total of the lines: a lower one is a discount, a higher one is marked. */
export function SentTotal({ basket: { drift, total, basket_total } }: { basket: Basket }) {
  const { t } = useTranslation()
  const format = useFormat()
  const sent = format.money(basket_total)
  if (drift) {
    return (
      <span className="drift" title={t("baskets.appTotalMoreHint")}>
        <Icon name="warning" />
        {t("baskets.appTotalMore", { total: sent, difference: format.money(basket_total - total) })}
      </span>
    )
  }
  if (basket_total >= total || sent === format.money(total)) return null
  return (
    <span className="quiet">
      {t("baskets.appTotalLess", { total: sent, difference: format.money(total - basket_total) })}
    </span>
  )
}
