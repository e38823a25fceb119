import { useVirtualizer } from "@tanstack/react-virtual"
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react"
import type { ShownEvent } from "../../service/schemas/publish-event.ts"
import type { Watched } from "../hooks/watch.ts"
import { FeedEnd } from "./feed-end.tsx"
import { FeedFilter, type Filter, matches, noFilter } from "./feed-filter.tsx"
import { FeedRow } from "./feed-row.tsx"
import { asCount } from "./format.ts"
import { Icon } from "./icon.tsx"
import type { TimelineState } from "./timeline.ts"
import { NARROW, useMedia } from "./use-media.ts"

/** Heights of a row, in px; `--row` in `styles/` is the same. */
const ROW = { wide: 52, narrow: 68 }
/** Further down than this, in px, somebody reads: the list stands still. */
const READING_PX = 24
/** Rows that are drawn above and below what is seen. */
const OVERSCAN = 8
/** Pages that are read for what a filter lets through before somebody is asked whether to look further. */
const MOST_PAGES = 10
/** Older events are read when the last row is this near. */
const NEAR_END = 20

/** What happens in the shop, newest first: live, or standing still while somebody reads. */
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
  const [paused, setPaused] = useState(false)
  const [reading, setReading] = useState(false)
  const { events } = timeline
  const filtered = useMemo(
    () => (filter === noFilter ? events : events.filter((event) => matches(filter, event))),
    [events, filter],
  )
  const held = useHeld(paused || reading, events[0]?.seq ?? 0)
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
  // A turned phone has rows of another height.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the row's height that it is measured for
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins anew
  useEffect(() => setPagesLeft(MOST_PAGES), [filter])

  const [active, setActive] = useState(0)
  const firstSeen = useRef<number | undefined>(undefined)
  if (firstSeen.current === undefined && feed.status === "live") firstSeen.current = events[0]?.seq ?? 0
  const fresh = firstSeen.current ?? Number.POSITIVE_INFINITY

  const onKeyDown = (key: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[key.key]
    const article = (key.target as Element).closest("article")
    if (step === undefined || article === null) return
    key.preventDefault()
    const next = Math.min(Math.max(active + step, 0), shown.length - 1)
    setActive(next)
    virtual.scrollToIndex(next)
    const seq = shown[next]?.seq
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-seq="${seq}"] button`)?.focus({ preventScroll: true }),
    )
  }

  const toTop = () => {
    setPaused(false)
    setReading(false)
    setActive(0)
    scroller.current?.scrollTo({ top: 0 })
  }

  return (
    <section className={shown.length === 0 ? "feed card bare" : "feed card"} aria-labelledby="feed-title">
      <header className="bar">
        <h2 id="feed-title">Events</h2>
        <FeedFilter events={events} filter={filter} onFilter={onFilter} />
        <button type="button" aria-pressed={paused} onClick={() => (paused ? toTop() : setPaused(true))}>
          <Icon name={paused ? "play" : "pause"} />
          {paused ? "Go on" : "Pause"}
        </button>
      </header>
      {(waiting > 0 || paused) && (
        <button type="button" className="waiting" onClick={toTop}>
          <Icon name="up" />
          {waiting === 0 ? "Paused" : `${asCount(waiting)} new`}
        </button>
      )}
      <div className="columns" aria-hidden="true">
        <span>Time</span>
        <span>Action</span>
        <span>Product</span>
        <span>Price</span>
        <span>Basket total</span>
        <span>Basket</span>
      </div>
      <div
        ref={scroller}
        className="scroller"
        role="feed"
        aria-labelledby="feed-title"
        aria-busy={readingOlder}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it
        tabIndex={0}
        onScroll={(event) => {
          setReading(event.currentTarget.scrollTop > READING_PX)
          setPagesLeft(MOST_PAGES)
        }}
        onKeyDown={onKeyDown}
      >
        <div className="rows" style={{ height: virtual.getTotalSize() }}>
          {/* Moved as a whole: a new row on top leaves the others as they are. */}
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

/** The newest sequence at the moment when the list began to stand still; undefined while it moves. */
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
