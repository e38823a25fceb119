import type { Basket } from "@shopwire/client"
import { memo } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { Said } from "../parts/said.tsx"
import { WaitingTime } from "../parts/waiting-time.tsx"
import { ShopperName } from "../people/shopper-name.tsx"
import { BasketWork } from "./basket-work.tsx"
import type { Thresholds } from "./lanes.ts"
import { printPickLists } from "./print-queue.ts"
import { SentTotal } from "./sent-total.tsx"

/** Lines that a card shows; the basket itself has them all. */
const MOST_LINES = 3

/** A basket in a lane. */
export const BasketCard = memo(function BasketCard({
  shopId,
  basket,
  thresholds,
  mostLines = MOST_LINES,
  onBasket,
}: {
  shopId: string
  basket: Basket
  thresholds: Thresholds
  mostLines?: number
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const more = basket.lines.length - mostLines
  return (
    <li className={basket.done_by === null ? "basket" : "basket done"} data-basket={basket.session_id}>
      <header>
        <button type="button" className="plain" onClick={() => onBasket(basket.session_id)}>
          {basket.checkout_seq !== null && (
            <span className="order-number">{t("order.title", { number: String(basket.checkout_seq) })}</span>
          )}
          <ShopperName shopperId={basket.shopper_id} />
        </button>
        <span className="quiet">{t("baskets.items", { count: basket.item_count })}</span>
        <span className="sum">{format.money(basket.total)}</span>
      </header>
      <ul className="lines">
        {basket.lines.slice(0, mostLines).map((line) => (
          <li key={line.product_id}>
            <span className="quantity">{t("baskets.quantity", { quantity: line.quantity })}</span>
            <span className="name">
              <Said text={line.product_name} />
            </span>
            <span>{format.money(line.line_total)}</span>
          </li>
        ))}
        {more > 0 && <li className="quiet">{t("baskets.moreLines", { count: more })}</li>}
      </ul>
      <footer>
        <WaitingTime basket={basket} thresholds={thresholds} />
        <SentTotal basket={basket} />
        <BasketWork shopId={shopId} basket={basket}>
          {basket.status === "checked_out" && (
            <button
              type="button"
              className="plain"
              aria-label={t("order.printPickList")}
              title={t("order.printPickList")}
              onClick={() => printPickLists([basket])}
            >
              <Icon name="print" />
            </button>
          )}
        </BasketWork>
      </footer>
    </li>
  )
})
