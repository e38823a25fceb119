import type { ShownEvent, TimelineState, Watched } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { Absent } from "./absent.tsx"
import { Empty } from "./empty.tsx"
import { useFormat } from "./use-format.tsx"

/** The text below the rows, or instead of rows. */
export function FeedEnd({
  feed,
  timeline,
  filtered,
  onOlder,
  onFurther,
}: {
  feed: Watched<readonly ShownEvent[]>
  timeline: TimelineState
  filtered: number
  onOlder: () => void
  /** Undefined if older events load by themselves, or if there are none. */
  onFurther: (() => void) | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const { events, reading, failure, missing } = timeline
  if (feed.status === "loading") return <Empty busy>{t("page.loading")}</Empty>
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
  if (reading) return <p className="end">{t("feed.readingOlder")}</p>
  if (events.length === 0) return <Empty icon="basket">{t("feed.empty")}</Empty>
  if (onFurther !== undefined) {
    return (
      <p className="end">
        {t("feed.asFarAs", { time: format.dayAndClock(events.at(-1)?.received_at ?? 0) })}{" "}
        <button type="button" onClick={onFurther}>
          {t("feed.further")}
        </button>
      </p>
    )
  }
  if (filtered === 0) return <Empty>{t("feed.noMatch")}</Empty>
  return null
}
