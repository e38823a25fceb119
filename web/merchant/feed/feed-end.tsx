import type { ShownEvent, TimelineState, Watched } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Absent } from "../parts/absent.tsx"
import { Empty } from "../parts/empty.tsx"
import { FeedSkeleton } from "./feed-skeleton.tsx"

/** The text below the rows, or instead of rows. */
export function FeedEnd({
  feed,
  timeline,
  onAll,
  onOlder,
  onFurther,
}: {
  feed: Watched<readonly ShownEvent[]>
  timeline: TimelineState
  /** Given if the rows are those that match a filter: shows all again. */
  onAll: (() => void) | undefined
  onOlder: () => void
  /** Undefined if older events load by themselves, or if there are none. */
  onFurther: (() => void) | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const { events, reading, failure, missing } = timeline
  const oldest = events.at(-1)
  if (feed.status === "loading") return <FeedSkeleton />
  if (feed.status === "failed") return <Absent failure={feed.failure} />
  if (failure !== undefined) {
    return (
      <p className="end" role="status">
        {t("feed.olderFailed")}{" "}
        <button type="button" onClick={onOlder}>
          {t("page.tryAgain")}
        </button>
      </p>
    )
  }
  if (missing.size > 0) return <p className="end">{t("feed.readingMissed")}</p>
  if (reading) return <p className="end">{onAll !== undefined ? t("feed.searching") : t("feed.readingOlder")}</p>
  if (events.length === 0 && onAll === undefined) return <Empty icon="basket">{t("feed.empty")}</Empty>
  if (onFurther !== undefined) {
    return (
      <p className="end">
        {oldest === undefined ? t("feed.noneYet") : t("feed.asFarAs", { time: format.dayAndClock(oldest.received_at) })}{" "}
        <button type="button" onClick={onFurther}>
          {t("feed.further")}
        </button>
      </p>
    )
  }
  if (oldest === undefined) {
    return (
      <Empty>
        <span>{t("feed.noMatch")}</span>
        <button type="button" onClick={onAll}>
          {t("feed.clearFilters")}
        </button>
      </Empty>
    )
  }
  return null
}
