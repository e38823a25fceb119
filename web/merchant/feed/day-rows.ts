/** Heights, in px. */
export interface RowHeights {
  readonly event: number
  readonly separator: number
}

/**
 * A list of events, newest first, with a separator above the first event of each day. All is computed from the separators alone, so a
 * long list costs no more than a short one.
 */
export class DayRows {
  readonly #events: number
  readonly #starts: readonly number[]
  readonly #heights: RowHeights

  /** @param starts positions of the events below separators, ascending */
  constructor(events: number, starts: readonly number[], heights: RowHeights) {
    this.#events = events
    this.#starts = starts
    this.#heights = heights
  }

  /** Events and separators. */
  get count(): number {
    return this.#events + this.#starts.length
  }

  /** In px. */
  get height(): number {
    return this.topOf(this.count)
  }

  /** The position of the event in a row; undefined for a separator. */
  eventAt(row: number): number | undefined {
    return this.separatedAt(row) === undefined ? row - this.#upTo(row, rowOfSeparator) : undefined
  }

  /** The position of the event below a separator; undefined if the row is none. */
  separatedAt(row: number): number | undefined {
    const last = this.#upTo(row, rowOfSeparator) - 1
    const start = this.#starts[last]
    return start !== undefined && rowOfSeparator(start, last) === row ? start : undefined
  }

  /** The row of an event. */
  rowOf(event: number): number {
    return event + this.#upTo(event, (start) => start)
  }

  /** Where a row begins, in px. */
  topOf(row: number): number {
    const separators = this.#upTo(row - 1, rowOfSeparator)
    return (row - separators) * this.#heights.event + separators * this.#heights.separator
  }

  /** The row at a distance from the top, in px. */
  rowAt(y: number): number {
    let [low, high] = [0, this.count]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.topOf(middle) <= y) low = middle
      else high = middle
    }
    return low
  }

  /** How many separators have a place up to this one. */
  #upTo(place: number, placeOf: (start: number, separator: number) => number): number {
    let [low, high] = [0, this.#starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (placeOf(this.#starts[middle] ?? 0, middle) <= place) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The row of a separator: it has all separators before it above it. */
function rowOfSeparator(start: number, separator: number): number {
  return start + separator
}

/**
 * Positions of the events that begin another day than the one above. Days are found by halving, so a long list costs little.
 *
 * @param dayAt the day of the event at a position
 */
export function dayStarts(events: number, dayAt: (position: number) => string): readonly number[] {
  const starts: number[] = []
  for (let from = 0; from < events; ) {
    starts.push(from)
    const day = dayAt(from)
    // The first event of another day is after `low`, at most at `high`.
    let [low, high] = [from, events]
    for (let step = 1; from + step < events; step *= 2) {
      if (dayAt(from + step) !== day) {
        high = from + step
        break
      }
      low = from + step
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (dayAt(middle) === day) low = middle
      else high = middle
    }
    from = high
  }
  return starts
}
