import { type Basket, isRefused, LIST_LIMIT, type Watched } from "@shopwire/client"
import { memo } from "react"
import { Absent } from "./absent.tsx"
import { Acknowledge } from "./acknowledge.tsx"
import { BasketMark } from "./basket-mark.tsx"
import { Empty } from "./empty.tsx"
import { asCount, asItems, asMoney, asTime } from "./format.ts"
import { Icon } from "./icon.tsx"
import { Said } from "./said.tsx"
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
  return (
    <section className="baskets card" aria-labelledby="baskets-title">
      <header className="bar">
        <h2 id="baskets-title">Open baskets</h2>
        {baskets.data !== undefined && <span className="count">{asCount(open)}</span>}
      </header>
      <BasketList shopId={shopId} baskets={baskets} open={open} onBasket={onBasket} />
    </section>
  )
}

function BasketList({ shopId, baskets, open, onBasket }: Parameters<typeof Baskets>[0]) {
  const today = useToday()
  if (baskets.status === "loading") return <Empty busy>Looking for baskets …</Empty>
  const { data, failure } = baskets
  if (failure !== undefined && (data === undefined || isRefused(failure))) return <Absent failure={failure} />
  if (data === undefined || data.length === 0) return <Empty icon="basket">No basket is open.</Empty>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
    <ul className="basket-list" tabIndex={0} aria-labelledby="baskets-title">
      {data.map((basket) => (
        <BasketCard key={basket.session_id} shopId={shopId} basket={basket} today={today} onBasket={onBasket} />
      ))}
      {open > data.length && data.length >= LIST_LIMIT && (
        <li className="end">
          These are the latest {asCount(data.length)} of {asCount(open)}.
        </li>
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
  today: Date
  onBasket: (sessionId: string) => void
}) {
  const more = basket.lines.length - MOST_LINES
  return (
    <li className="basket">
      <header>
        <button type="button" className="plain" onClick={() => onBasket(basket.session_id)}>
          <BasketMark sessionId={basket.session_id} />
        </button>
        <span className="quiet">{asItems(basket.item_count)}</span>
        <span className="sum">{asMoney(basket.total)}</span>
      </header>
      <ul className="lines">
        {basket.lines.slice(0, MOST_LINES).map((line) => (
          <li key={line.product_id}>
            <span className="quantity">{line.quantity} ×</span>
            <span className="name">
              <Said text={line.product_name} />
            </span>
            <span>{asMoney(line.line_total)}</span>
          </li>
        ))}
        {more > 0 && <li className="quiet">and {more} more</li>}
      </ul>
      <footer>
        <Acknowledge shopId={shopId} basket={basket} />
        <SentTotal basket={basket} />
        <time className="quiet" dateTime={basket.last_at}>
          {asTime(basket.last_at, today)}
        </time>
      </footer>
    </li>
  )
})

/** The total that the app sent, if it differs from the total of the lines: a lower one is a discount, a higher one is marked. */
export function SentTotal({ basket: { drift, total, basket_total } }: { basket: Basket }) {
  const sent = asMoney(basket_total)
  if (drift) {
    return (
      <span className="drift" title="The app sent a higher total than the lines make">
        <Icon name="warning" />
        sent as {sent}
      </span>
    )
  }
  return basket_total < total && sent !== asMoney(total) ? <span className="quiet">sent as {sent}</span> : null
}
