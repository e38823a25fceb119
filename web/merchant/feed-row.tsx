import type { ShownEvent } from "@shopwire/client"
import { memo } from "react"
import { ActionTag } from "./action-tag.tsx"
import { BasketMark } from "./basket-mark.tsx"
import { asClock, asDayAndClock, asMoney, asOtherDay } from "./format.ts"
import { Said } from "./said.tsx"

/** One event of the feed, in a row of fixed height. */
export const FeedRow = memo(function FeedRow({
  event,
  position,
  focusable,
  fresh,
  gap,
  today,
  onBasket,
}: {
  event: ShownEvent
  /** From 1. */
  position: number
  /** The one row that the Tab key reaches. */
  focusable: boolean
  /** It arrived while the list was shown. */
  fresh: boolean
  /** The events before it are still being read. */
  gap: boolean
  today: Date
  onBasket: (sessionId: string) => void
}) {
  const otherDay = asOtherDay(event.received_at, today)
  const title = `event-${event.seq}`
  return (
    <article
      className={`event${fresh ? " fresh" : ""}${gap ? " gap" : ""}`}
      aria-posinset={position}
      aria-setsize={-1}
      aria-labelledby={title}
      data-seq={event.seq}
    >
      <time dateTime={event.received_at} title={asDayAndClock(event.received_at)}>
        {otherDay !== undefined && <span className="day">{otherDay}</span>}
        {asClock(event.received_at)}
      </time>
      <ActionTag action={event.action} />
      <div className="what" id={title}>
        <span className="name">
          <Said text={event.product_name} />
        </span>
        <span className="quiet category">
          <Said text={event.category_id} />
        </span>
      </div>
      <span className="price">{asMoney(event.product_price)}</span>
      <span className="quiet total" title="Total of the basket, as sent">
        <span className="hidden">, basket total </span>
        {asMoney(event.basket_total)}
      </span>
      <button
        type="button"
        className="plain"
        tabIndex={focusable ? 0 : -1}
        onClick={() => onBasket(event.session_id)}
        aria-label={`Basket ${event.session_id.slice(0, 8)}`}
      >
        <BasketMark sessionId={event.session_id} />
      </button>
    </article>
  )
})
