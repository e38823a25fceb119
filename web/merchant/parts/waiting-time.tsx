import type { Basket } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { type Thresholds, urgencyOf, waitingSince } from "../work/lanes.ts"
import { Icon } from "./icon.tsx"
import { relativeTime } from "./relative-time.ts"
import { useNow } from "./use-now.ts"

/** How long a basket has waited: `4 min ago`, with a colour, an icon and a word for it by the shop's thresholds. */
export function WaitingTime({ basket, thresholds }: { basket: Basket; thresholds: Thresholds }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const since = waitingSince(basket)
  const urgency = basket.done_by === null ? urgencyOf(basket, thresholds, now) : "fresh"
  return (
    <span className={`waited ${urgency}`}>
      <Icon name={urgency === "late" ? "warning" : "clock"} />
      <time dateTime={since} title={format.dayAndClock(since)}>
        {relativeTime(since, now, format.locale)}
      </time>
      {urgency !== "fresh" && <span>{t(`lanes.urgency.${urgency}`)}</span>}
    </span>
  )
}
