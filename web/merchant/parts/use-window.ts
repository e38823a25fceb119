import { type RefObject, useLayoutEffect, useState } from "react"
import { flushSync } from "react-dom"
import type { DayRows } from "../feed/day-rows.ts"

/** Rows drawn above and below the visible ones. */
const OVERSCAN = 8

/** The rows of a list to draw: those in view, and a few around them. */
export interface RowWindow {
  readonly first: number
  /** Not drawn any more. */
  readonly end: number
}

/**
 * Draws only the rows in view of a list with any number of them.
 *
 * @param step height of the lowest row, in px: scrolling by less draws nothing
 */
export function useWindow(scroller: RefObject<HTMLElement | null>, rows: DayRows, step: number): RowWindow {
  const [{ top, height }, setView] = useState({ top: 0, height: 0 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const look = () => {
      const next = { top: Math.floor(element.scrollTop / step) * step, height: element.clientHeight }
      setView((before) => (before.top === next.top && before.height === next.height ? before : next))
    }
    // In the same frame: otherwise fast scrolling shows empty space.
    const onScroll = () => flushSync(look)
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    element.addEventListener("scroll", onScroll, { passive: true })
    look()
    return () => {
      sizes.disconnect()
      element.removeEventListener("scroll", onScroll)
    }
  }, [scroller, step])
  return {
    first: Math.max(0, rows.rowAt(top) - OVERSCAN),
    end: Math.min(rows.count, rows.rowAt(top + height + step) + 1 + OVERSCAN),
  }
}

/** Scrolls as little as needed to have a row in view. */
export function scrollToRow(element: HTMLElement | null, rows: DayRows, row: number): void {
  if (element === null) return
  const [top, bottom] = [rows.topOf(row), rows.topOf(row + 1)]
  if (top < element.scrollTop) element.scrollTop = row <= 1 ? 0 : top
  else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight
}
