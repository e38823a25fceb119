import type { ShownEvent } from "@shopwire/client"
import { memo } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { relativeTime } from "../parts/relative-time.ts"
import { Said } from "../parts/said.tsx"
import { ShopperName, shopperName } from "../people/shopper-name.tsx"
import { ActionTag } from "./action-tag.tsx"

/** One event of the feed, in a row of fixed height. */
export function FeedRow({
  position,
  fresh,
  gap,
  ...cells
}: {
  /** From 1. */
  position: number
  /** It arrived while the list was shown. */
  fresh: boolean
  /** The events before it are still being read. */
  gap: boolean
} & CellsProps) {
  const { seq } = cells.event
  return (
    <article
      className={`event${fresh ? " fresh" : ""}${gap ? " gap" : ""}`}
      aria-posinset={position}
      aria-setsize={-1}
      aria-labelledby={titleOf(seq)}
      data-seq={seq}
    >
      <Cells {...cells} />
    </article>
  )
}

interface CellsProps {
  event: ShownEvent
  /** The one row that the Tab key reaches. */
  focusable: boolean
  today: string
  /** Given if the time is shown as how long ago. */
  now: number | undefined
  onBasket: (sessionId: string) => void
}

const titleOf = (seq: number): string => `event-${seq}`

/** What a row shows. A new event moves all rows, and changes the cells of none. */
const Cells = memo(function Cells({ event, focusable, today, now, onBasket }: CellsProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const otherDay = format.otherDay(event.received_at, today)
  return (
    <>
      <time dateTime={event.received_at} title={format.dayAndClock(event.received_at)}>
        {now === undefined ? (
          <>
            {otherDay !== undefined && <span className="day">{otherDay}</span>}
            {format.clock(event.received_at)}
          </>
        ) : (
          relativeTime(event.received_at, now, format.locale)
        )}
      </time>
      <ActionTag action={event.action} />
      <div className="what" id={titleOf(event.seq)}>
        <span className="name">
          <Said text={event.product_name} />
        </span>
        <span className="quiet category">
          <Said text={event.category_id} />
        </span>
      </div>
      <span className="price">{format.money(event.product_price)}</span>
      <span className="quiet total" title={t("feed.appTotal")}>
        <span className="hidden">{t("feed.appTotalIs")}</span>
        {format.money(event.basket_total)}
      </span>
      <button
        type="button"
        className="plain"
        tabIndex={focusable ? 0 : -1}
        onClick={() => onBasket(event.session_id)}
        aria-label={t("basket.of", { shopper: shopperName(t, event.shopper_id) })}
      >
        <ShopperName shopperId={event.shopper_id} />
      </button>
    </>
  )
})
