import type { HistoryFilter } from "@shopwire/client"
import { type Feed as ShopFeed, useSearch } from "@shopwire/react"
import { useMemo, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Icon } from "../parts/icon.tsx"
import { useThrottled } from "../parts/use-throttled.ts"
import { useViewOptions } from "../parts/view-options.ts"
import { FeedFilter } from "./feed-filter.tsx"
import { FeedList } from "./feed-list.tsx"
import { FeedOptions } from "./feed-options.tsx"
import { type Filter, historyFilter, noFilter } from "./filter.ts"

/** How often the choices of the filters follow the events, in ms. */
const CHOICES_MS = 1000
/** Their values come from so many of the newest events. */
const CHOICE_EVENTS = 5000

/** The shop's events, newest first, filtered: live, or frozen while somebody reads. */
export function Feed({
  shopId,
  feed,
  filter,
  onFilter,
  onBasket,
}: {
  shopId: string
  feed: ShopFeed
  filter: Filter
  onFilter: (filter: Filter) => void
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const { timeZone } = useFormat()
  const [paused, setPaused] = useState(false)
  const [showsOptions, setShowsOptions] = useState(false)
  const [{ compact }] = useViewOptions()
  const wanted = useMemo(() => historyFilter(filter, timeZone), [filter, timeZone])
  const known = useThrottled(feed.timeline.events, CHOICES_MS)
  const choices = useMemo(() => known.slice(0, CHOICE_EVENTS), [known])
  const list = { feed: feed.feed, paused, onPaused: setPaused, onBasket }
  return (
    <section className={compact ? "feed card compact" : "feed card"} aria-labelledby="feed-title">
      <header className="bar">
        <h2 id="feed-title">{t("feed.title")}</h2>
        <FeedFilter events={choices} filter={filter} onFilter={onFilter} />
        <button
          type="button"
          aria-expanded={showsOptions}
          aria-controls="feed-options"
          onClick={() => setShowsOptions(!showsOptions)}
        >
          <Icon name="options" />
          {t("feed.options")}
        </button>
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "play" : "pause"} />
          {paused ? t("feed.resume") : t("feed.pause")}
        </button>
      </header>
      {showsOptions && <FeedOptions shopId={shopId} filter={filter} wanted={wanted} onFilter={onFilter} />}
      {wanted === undefined ? (
        <FeedList {...list} timeline={feed.timeline} onOlder={feed.older} />
      ) : (
        <FoundList {...list} from={feed} filter={wanted} onAll={() => onFilter(noFilter)} />
      )}
    </section>
  )
}

/** The events that match a filter. */
function FoundList({
  from,
  filter,
  ...list
}: {
  from: ShopFeed
  filter: HistoryFilter
} & Omit<Parameters<typeof FeedList>[0], "timeline" | "onOlder">) {
  const { timeline, older } = useSearch(from, filter)
  return <FeedList {...list} timeline={timeline} onOlder={older} />
}
