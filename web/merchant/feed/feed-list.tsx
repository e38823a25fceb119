import type { ShownEvent, TimelineState, Watched } from "@shopwire/client"
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import type { Format } from "../locale/format.ts"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { Icon } from "../parts/icon.tsx"
import { LOW, NARROW, useMedia } from "../parts/use-media.ts"
import { useNow } from "../parts/use-now.ts"
import { scrollToRow, useWindow } from "../parts/use-window.ts"
import { useViewOptions } from "../parts/view-options.ts"
import { DayRows, dayStarts } from "./day-rows.ts"
import { DaySeparator } from "./day-separator.tsx"
import { FeedEnd } from "./feed-end.tsx"
import { FeedRow } from "./feed-row.tsx"

/** Heights of a row, in px; `--row` in `styles/` is the same, and the height of `.day-row` that of a separator. */
const ROW = { wide: 52, narrow: 68, low: 44 }
const COMPACT_ROW = { wide: 34, narrow: 54, low: 44 }
const SEPARATOR = 30
/** The list is frozen while it is scrolled further down than this, in px, or while a row has the keyboard focus. */
const READING_PX = 24
/** Pages that are read, or searched for, before the page asks whether to go on. A search looks through very many events for a page. */
const MOST_PAGES = 10
const MOST_SEARCHES = 2
/** A new row lights up while it is one of the first, and not more than so many came in this time, in ms. */
const MOST_FRESH = 3
const FRESH_MS = 1000
/** Older events are read when the end of the list is this many rows away. */
const NEAR_END = 20

/** A list of events, newest first, by days: live, or frozen while somebody reads. */
export function FeedList({
  feed,
  timeline,
  onAll,
  paused,
  onPaused,
  onOlder,
  onBasket,
}: {
  feed: Watched<readonly ShownEvent[]>
  timeline: TimelineState
  /** Given if the events are those that match a filter: shows all again. */
  onAll?: () => void
  paused: boolean
  onPaused: (paused: boolean) => void
  onOlder: () => void
  onBasket: (sessionId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const [{ compact, relative }] = useViewOptions()
  const [reading, setReading] = useState(false)
  const [byKeyboard, setByKeyboard] = useState(false)
  const today = useToday()
  const now = useNow()
  const { events } = timeline
  const isSearch = onAll !== undefined
  const held = useHeld(paused || reading || byKeyboard, events[0]?.seq ?? 0)
  const waiting = held === undefined ? 0 : countAbove(events, held)
  const count = events.length - waiting

  const scroller = useRef<HTMLDivElement>(null)
  const dayOf = useMemo(() => dayReader(format), [format])
  const heights = compact ? COMPACT_ROW : ROW
  const [low, narrow] = [useMedia(LOW), useMedia(NARROW)]
  const height = heights[low ? "low" : narrow ? "narrow" : "wide"]
  const rows = useMemo(() => {
    const starts = dayStarts(count, (place) => dayOf(events[waiting + place]?.received_at ?? ""))
    return new DayRows(count, starts, { event: height, separator: SEPARATOR })
  }, [events, waiting, count, dayOf, height])
  const { first, end } = useWindow(scroller, rows, SEPARATOR)

  const { complete, reading: readingOlder, failure } = timeline
  const mostPages = isSearch ? MOST_SEARCHES : MOST_PAGES
  const [pagesLeft, setPagesLeft] = useState(mostPages)
  const near = end >= rows.count - NEAR_END
  const wanted = feed.data !== undefined && near && !complete && !readingOlder && failure === undefined
  useEffect(() => {
    if (!wanted || pagesLeft === 0) return
    setPagesLeft(pagesLeft - 1)
    onOlder()
  }, [wanted, pagesLeft, onOlder])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search starts again
  useEffect(() => setPagesLeft(mostPages), [onOlder, mostPages])

  // By event, not by position, since new rows come above.
  const [activeSeq, setActiveSeq] = useState<number>()
  const active = activeSeq === undefined ? 0 : Math.max(0, placeOf(events, activeSeq) - waiting)
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
    const last = count - 1
    const next = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: last }[key.key]
    if (next === undefined || (key.target as Element).closest("article") === null) return
    key.preventDefault()
    const place = Math.min(Math.max(next, 0), last)
    wantsFocus.current = events[waiting + place]?.seq
    setActiveSeq(wantsFocus.current)
    scrollToRow(scroller.current, rows, rows.rowOf(place))
  }

  const toTop = useCallback(() => {
    setReading(false)
    setByKeyboard(false)
    setActiveSeq(undefined)
    scroller.current?.scrollTo({ top: 0 })
  }, [])
  useEffect(() => {
    if (!paused) toTop()
  }, [paused, toTop])

  return (
    <>
      {(waiting > 0 || paused) && (
        <button
          type="button"
          className="waiting"
          onClick={() => {
            onPaused(false)
            toTop()
          }}
        >
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
        <span>{t("feed.columns.shopper")}</span>
      </div>
      <div
        ref={scroller}
        className={count === 0 ? "scroller bare" : "scroller"}
        role="feed"
        aria-labelledby="feed-title"
        // A feed without articles still has to load.
        aria-busy={readingOlder || count === 0}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
        tabIndex={0}
        onScroll={(event) => {
          setReading(event.currentTarget.scrollTop > READING_PX)
          setPagesLeft(mostPages)
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
        <div className="rows" style={{ height: rows.height }}>
          {/* Moved as a whole, so that a new row on top leaves the others unchanged. */}
          <div style={{ transform: `translateY(${rows.topOf(first)}px)` }}>
            {Array.from({ length: end - first }, (_, i) => {
              const place = rows.eventAt(first + i) ?? 0
              const separator = rows.separatedAt(first + i)
              const separated = separator === undefined ? undefined : events[waiting + separator]
              if (separated !== undefined) {
                const day = dayOf(separated.received_at)
                return <DaySeparator key={day} day={day} at={separated.received_at} today={today} />
              }
              const event = events[waiting + place]
              return event === undefined ? null : (
                <FeedRow
                  key={event.seq}
                  event={event}
                  position={place + 1}
                  focusable={place === active}
                  fresh={
                    event.seq > fresh && place < MOST_FRESH && isAlone(event, events[waiting + place + MOST_FRESH])
                  }
                  gap={timeline.missing.has(event.seq)}
                  today={today}
                  now={relative ? now : undefined}
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
        onAll={onAll}
        onOlder={onOlder}
        onFurther={wanted && pagesLeft === 0 ? () => setPagesLeft(mostPages) : undefined}
      />
    </>
  )
}

/** Whether the events that came with this one are few enough to point at each: more than three flashes a second disturb people. */
function isAlone(event: ShownEvent, earlier: ShownEvent | undefined): boolean {
  return earlier === undefined || Date.parse(event.received_at) - Date.parse(earlier.received_at) > FRESH_MS
}

/** Most minutes whose day is remembered: two days. */
const MOST_MINUTES = 2 * 24 * 60

/** Gives the day of a time. It is computed once a minute: a time zone changes days at whole minutes. */
function dayReader(format: Format): (at: string) => string {
  const days = new Map<string, string>()
  return (at) => {
    const minute = at.slice(0, "2026-11-26T12:00".length)
    let day = days.get(minute)
    if (day === undefined) {
      if (days.size === MOST_MINUTES) days.clear()
      day = format.dayKey(new Date(at))
      days.set(minute, day)
    }
    return day
  }
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
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.seq ?? 0) > seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The position of an event; 0 if it is not there any more. */
function placeOf(events: readonly ShownEvent[], seq: number): number {
  const place = countAbove(events, seq)
  return events[place]?.seq === seq ? place : 0
}
