import type { ShownEvent, TimelineState, Watched } from "@shopwire/client"
import { useVirtualizer } from "@tanstack/react-virtual"
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { FeedEnd } from "./feed-end.tsx"
import { FeedFilter, type Filter, matches, noFilter } from "./feed-filter.tsx"
import { FeedRow } from "./feed-row.tsx"
import { Icon } from "./icon.tsx"
import { NARROW, useMedia } from "./use-media.ts"
import { useToday } from "./use-today.ts"

/** Heights of a row, in px; `--row` in `styles/` is the same. */
const ROW = { wide: 52, narrow: 68 }
/** The list is frozen while it is scrolled further down than this, in px, or while a row has the keyboard focus. */
const READING_PX = 24
/** Rows drawn above and below the visible ones. */
const OVERSCAN = 8
/** Pages that are read for a filter before the page asks whether to search further. */
const MOST_PAGES = 10
/** Older events are read when the end of the list is this many rows away. */
const NEAR_END = 20

/** The shop's events, newest first: live, or frozen while somebody reads. */
export function Feed({
  feed,
  timeline,
  filter,
  onFilter,
  onOlder,
  onBasket,
}: {
  feed: Watched<readonly ShownEvent[]>
  timeline: TimelineState
  filter: Filter
  onFilter: (filter: Filter) => void
  onOlder: () => void
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const [paused, setPaused] = useState(false)
  const [reading, setReading] = useState(false)
  const [byKeyboard, setByKeyboard] = useState(false)
  const today = useToday()
  const { events } = timeline
  const filtered = useMemo(
    () => (filter === noFilter ? events : events.filter((event) => matches(filter, event))),
    [events, filter],
  )
  const held = useHeld(paused || reading || byKeyboard, events[0]?.seq ?? 0)
  const waiting = held === undefined ? 0 : countAbove(filtered, held)
  const shown = useMemo(() => (waiting === 0 ? filtered : filtered.slice(waiting)), [filtered, waiting])

  const scroller = useRef<HTMLDivElement>(null)
  const row = useMedia(NARROW) ? ROW.narrow : ROW.wide
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => row,
    getItemKey: (index) => shown[index]?.seq ?? index,
    overscan: OVERSCAN,
  })
  // A rotated phone has rows of another height.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the measured height depends on the row's height
  useEffect(() => virtual.measure(), [virtual, row])

  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const { complete, reading: readingOlder, failure } = timeline
  const [pagesLeft, setPagesLeft] = useState(MOST_PAGES)
  const near = last >= shown.length - NEAR_END
  const wanted = events.length > 0 && near && !complete && !readingOlder && failure === undefined
  useEffect(() => {
    if (!wanted || pagesLeft === 0) return
    setPagesLeft(pagesLeft - 1)
    onOlder()
  }, [wanted, pagesLeft, onOlder])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter starts again
  useEffect(() => setPagesLeft(MOST_PAGES), [filter])

  // By event, not by position, since new rows come above.
  const [activeSeq, setActiveSeq] = useState<number>()
  const active = Math.max(
    0,
    shown.findIndex(({ seq }) => seq === activeSeq),
  )
  /** The event whose row gets the focus as soon as it is drawn. */
  const wantsFocus = useRef<number | undefined>(undefined)
  const hasFocus = useRef(false)
  useLayoutEffect(() => {
    const list = scroller.current
    if (list === null) return
    const row = list.querySelector<HTMLElement>(`[data-seq="${wantsFocus.current}"] button`)
    if (row !== null) {
      wantsFocus.current = undefined
      row.focus({ preventScroll: true })
    } else if (hasFocus.current && document.activeElement === document.body) {
      // The focused row was scrolled away, so the list keeps the focus.
      list.focus({ preventScroll: true })
    }
  })

  const firstSeen = useRef<number | undefined>(undefined)
  if (firstSeen.current === undefined && feed.status === "live") firstSeen.current = events[0]?.seq ?? 0
  const fresh = firstSeen.current ?? Number.POSITIVE_INFINITY

  const onKeyDown = (key: KeyboardEvent) => {
    const last = shown.length - 1
    const next = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: last }[key.key]
    if (next === undefined || (key.target as Element).closest("article") === null) return
    key.preventDefault()
    const index = Math.min(Math.max(next, 0), last)
    wantsFocus.current = shown[index]?.seq
    setActiveSeq(wantsFocus.current)
    virtual.scrollToIndex(index)
  }

  const toTop = () => {
    setPaused(false)
    setReading(false)
    setByKeyboard(false)
    setActiveSeq(undefined)
    scroller.current?.scrollTo({ top: 0 })
  }

  return (
    <section className={shown.length === 0 ? "feed card bare" : "feed card"} aria-labelledby="feed-title">
      <header className="bar">
        <h2 id="feed-title">{t("feed.title")}</h2>
        <FeedFilter events={events} filter={filter} onFilter={onFilter} />
        <button type="button" aria-pressed={paused} onClick={() => (paused ? toTop() : setPaused(true))}>
          <Icon name={paused ? "play" : "pause"} />
          {t(paused ? "feed.resume" : "feed.pause")}
        </button>
      </header>
      {(waiting > 0 || paused) && (
        <button type="button" className="waiting" onClick={toTop}>
          <Icon name="up" />
          {waiting === 0 ? t("feed.paused") : t("feed.new", { count: waiting })}
        </button>
      )}
      <div className="columns" aria-hidden="true">
        <span>{t("feed.columns.time")}</span>
        <span>{t("feed.columns.action")}</span>
        <span>{t("feed.columns.product")}</span>
        <span>{t("feed.columns.price")}</span>
        <span>{t("feed.columns.basketTotal")}</span>
        <span>{t("feed.columns.basket")}</span>
      </div>
      <div
        ref={scroller}
        className="scroller"
        role="feed"
        aria-labelledby="feed-title"
        // A feed without articles still has to load.
        aria-busy={readingOlder || shown.length === 0}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
        tabIndex={0}
        onScroll={(event) => {
          setReading(event.currentTarget.scrollTop > READING_PX)
          setPagesLeft(MOST_PAGES)
        }}
        onFocus={({ target }) => {
          hasFocus.current = true
          const seq = target.closest("article")?.dataset.seq
          if (seq !== undefined) setActiveSeq(Number(seq))
          setByKeyboard(seq !== undefined && target.matches(":focus-visible"))
        }}
        onBlur={() => {
          hasFocus.current = false
          setByKeyboard(false)
        }}
        onKeyDown={onKeyDown}
      >
        <div className="rows" style={{ height: virtual.getTotalSize() }}>
          {/* Moved as a whole, so that a new row on top leaves the others unchanged. */}
          <div style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ index }) => {
              const event = shown[index]
              return event === undefined ? null : (
                <FeedRow
                  key={event.seq}
                  event={event}
                  position={index + 1}
                  focusable={index === active}
                  fresh={event.seq > fresh && index < 3}
                  gap={timeline.missing.has(event.seq)}
                  today={today}
                  onBasket={onBasket}
                />
              )
            })}
          </div>
        </div>
      </div>
      <FeedEnd
        feed={feed}
        timeline={timeline}
        filtered={shown.length}
        onOlder={onOlder}
        onFurther={wanted && pagesLeft === 0 ? () => setPagesLeft(MOST_PAGES) : undefined}
      />
    </section>
  )
}

/** The newest sequence when the list was frozen; undefined while it is live. */
function useHeld(hold: boolean, newest: number): number | undefined {
  const held = useRef<number | undefined>(undefined)
  if (!hold) held.current = undefined
  else held.current ??= newest
  return held.current
}

/** How many of the events, newest first, are newer than `seq`. */
function countAbove(events: readonly ShownEvent[], seq: number): number {
  const index = events.findIndex((event) => event.seq <= seq)
  return index === -1 ? events.length : index
}
