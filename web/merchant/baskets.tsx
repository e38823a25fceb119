import { type Basket, isRefused, LIST_LIMIT, type Watched } from "@shopwire/client"
import { memo } from "react"
import { useTranslation } from "react-i18next"
import { Absent } from "./absent.tsx"
import { Acknowledge } from "./acknowledge.tsx"
import { BasketMark } from "./basket-mark.tsx"
import { Empty } from "./empty.tsx"
import { Icon } from "./icon.tsx"
import { Said } from "./said.tsx"
import { useFormat } from "./use-format.tsx"
import { useToday } from "./use-today.ts"

/** Lines that a card shows; the basket itself has them all. */
const MOST_LINES = 3

/** The baskets that are open now. */
export function Baskets({
  shopId,
  baskets,
  open,
  onBasket,
}: {
  shopId: string
  baskets: Watched<readonly Basket[]>
  /** The number of open baskets; the list has only the latest. */
  open: number
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <section className="baskets card" aria-labelledby="baskets-title">
      <header className="bar">
        <h2 id="baskets-title">{t("baskets.title")}</h2>
        {baskets.data !== undefined && <span className="count">{format.count(open)}</span>}
      </header>
      <BasketList shopId={shopId} baskets={baskets} open={open} onBasket={onBasket} />
    </section>
  )
}

function BasketList({ shopId, baskets, open, onBasket }: Parameters<typeof Baskets>[0]) {
  const { t } = useTranslation()
  const today = useToday()
  if (baskets.status === "loading") return <Empty busy>{t("page.loading")}</Empty>
  const { data, failure } = baskets
  if (failure !== undefined && (data === undefined || isRefused(failure))) return <Absent failure={failure} />
  if (data === undefined || data.length === 0) return <Empty icon="basket">{t("baskets.none")}</Empty>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
    <ul className="basket-list" tabIndex={0} aria-labelledby="baskets-title">
      {data.map((basket) => (
        <BasketCard key={basket.session_id} shopId={shopId} basket={basket} today={today} onBasket={onBasket} />
      ))}
      {open > data.length && data.length >= LIST_LIMIT && (
        <li className="end">{t("baskets.latest", { shown: data.length, open })}</li>
      )}
    </ul>
  )
}

const BasketCard = memo(function BasketCard({
  shopId,
  basket,
  today,
  onBasket,
}: {
  shopId: string
  basket: Basket
  today: string
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const more = basket.lines.length - MOST_LINES
  return (
    <li className="basket">
      <header>
        <button type="button" className="plain" onClick={() => onBasket(basket.session_id)}>
          <BasketMark sessionId={basket.session_id} />
        </button>
        <span className="quiet">{t("baskets.items", { count: basket.item_count })}</span>
        <span className="sum">{format.money(basket.total)}</span>
      </header>
      <ul className="lines">
        {basket.lines.slice(0, MOST_LINES).map((line) => (
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
        <Acknowledge shopId={shopId} basket={basket} />
        <SentTotal basket={basket} />
        <time className="quiet" dateTime={basket.last_at}>
          {format.time(basket.last_at, today)}
        </time>
      </footer>
    </li>
  )
})

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
