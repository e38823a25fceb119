import type { ShownEvent } from "../../service/schemas/publish-event.ts"
import { type Failure, failureOf } from "../hooks/failure.ts"
import { Observable } from "../hooks/observable.ts"

/** Events that are kept of those that came live; those that somebody has scrolled back to are kept beside. */
const MOST_KEPT = 5000

/** Events asked for at once. */
const PAGE_LIMIT = 100

/** A feed that was changed elsewhere than at its top counts as settled after this time without another change, in ms. */
const SETTLE_MS = 250

/** Pause before an older page that could not be read is asked for again, in ms. */
const RETRY_MS = 1500

/** The events before the sequence `before`, newest first, at most `limit`; none at the end. */
export type ReadPage = (before: number, limit: number) => Promise<readonly ShownEvent[]>

/** What a timeline shows. */
export interface TimelineState {
  /** Newest first, each once. Without a hole but where `missing` says so. */
  readonly events: readonly ShownEvent[]
  /** Sequences of events below which some may be missing that are being read. */
  readonly missing: ReadonlySet<number>
  /** The last one is the oldest there is. */
  readonly complete: boolean
  /** Older ones are being read. */
  readonly reading: boolean
  /** Why the last attempt to read older ones failed. */
  readonly failure: Failure | undefined
}

/**
 * A shop's events as far back as they were seen or asked for. The feed itself shows only the newest 100; what has left it while
 * nobody was connected is read from older pages, until an event comes that is known. `seq` tells nothing of holes: it has gaps
 * within a shop.
 */
export class Timeline {
  readonly state = new Observable<TimelineState>({
    events: [],
    missing: new Set(),
    complete: false,
    reading: false,
    failure: undefined,
  })
  readonly #read: ReadPage
  readonly #known = new Set<number>()
  #window: readonly ShownEvent[] = []
  #keep = MOST_KEPT
  #filling = false
  #stopped = false
  #settling: ReturnType<typeof setTimeout> | undefined

  constructor(read: ReadPage) {
    this.#read = read
  }

  /**
   * Takes in the feed as it is now, newest first.
   *
   * @param fresh whether it was subscribed to anew, so that events may have passed in between
   */
  follow(window: readonly ShownEvent[], fresh: boolean): void {
    const before = this.#window
    this.#window = window
    const first = this.#known.size === 0
    const added = window.filter(({ seq }) => !this.#known.has(seq))
    const overlaps = added.length < window.length
    const grewOnTop = window.slice(0, added.length).every((event, i) => event === added[i])
    this.#merge(added)
    if (first || window.length === 0) return
    if (fresh) {
      if (!overlaps) this.#miss(window)
      else void this.#fill()
    } else if (!grewOnTop || (!overlaps && before.length > 0)) {
      // The gateway has fetched the feed again, and tells the difference change by change: not to be judged before the last.
      clearTimeout(this.#settling)
      this.#settling = setTimeout(() => this.#miss(this.#window), SETTLE_MS)
    }
  }

  /** Reads the page before the oldest event. Does nothing while it is being read, or when there is none. */
  async older(): Promise<void> {
    const { events, reading, complete } = this.state.get()
    const oldest = events.at(-1)
    if (reading || complete || oldest === undefined) return
    this.#tell({ reading: true, failure: undefined })
    try {
      const page = await this.#read(oldest.seq, PAGE_LIMIT)
      this.#keep += page.length
      this.#merge(page)
      this.#tell({ reading: false, complete: page.length === 0 })
    } catch (reason) {
      this.#tell({ reading: false, failure: failureOf(reason) })
    }
  }

  /** Takes out events that were erased: they are not to be seen any longer, wherever they come from. */
  forget(seqs: readonly number[]): void {
    const erased = new Set(seqs)
    this.#tell({ events: this.state.get().events.filter(({ seq }) => !erased.has(seq)) })
  }

  /** Reads on what is missing, after a `stop`. */
  start(): void {
    this.#stopped = false
    void this.#fill()
  }

  /** Reads nothing more. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#settling)
  }

  /** Something may be missing below the oldest event of the feed. */
  #miss(window: readonly ShownEvent[]): void {
    const oldest = window.at(-1)
    if (oldest === undefined || oldest.seq <= (this.state.get().events.at(-1)?.seq ?? 0)) return
    this.#tell({ missing: new Set([...this.state.get().missing, oldest.seq]) })
    void this.#fill()
  }

  /** Reads what is missing, newest first, however long it takes. */
  async #fill(): Promise<void> {
    if (this.#filling) return
    this.#filling = true
    while (!this.#stopped) {
      const { missing } = this.state.get()
      if (missing.size === 0) break
      const below = Math.max(...missing)
      try {
        const page = await this.#read(below, PAGE_LIMIT)
        const known = page.length === 0 || page.some(({ seq }) => this.#known.has(seq))
        this.#merge(page)
        const left = new Set(this.state.get().missing)
        left.delete(below)
        const last = page.at(-1)
        // Further down than what is kept there is nothing to be missed.
        const kept = last !== undefined && this.#known.has(last.seq)
        if (!known && kept) left.add(last.seq)
        this.#tell({ missing: left })
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    this.#filling = false
  }

  #merge(more: readonly ShownEvent[]): void {
    const added = more.filter(({ seq }) => !this.#known.has(seq))
    if (added.length === 0) return
    for (const { seq } of added) this.#known.add(seq)
    const { events } = this.state.get()
    const newest = events[0]?.seq ?? 0
    const oldest = events.at(-1)?.seq ?? 0
    const onTop = added.every(({ seq }) => seq > newest)
    const below = added.every(({ seq }) => seq < oldest)
    const all = onTop ? [...added, ...events] : [...events, ...added]
    if (!(onTop || below) || !descends(added)) all.sort((a, b) => b.seq - a.seq)
    const dropped = all.splice(this.#keep)
    for (const { seq } of dropped) this.#known.delete(seq)
    this.#tell(dropped.length === 0 ? { events: all } : { events: all, complete: false })
  }

  #tell(change: Partial<TimelineState>): void {
    this.state.set({ ...this.state.get(), ...change })
  }
}

function descends(events: readonly ShownEvent[]): boolean {
  return events.every(({ seq }, i) => i === 0 || seq < (events[i - 1]?.seq ?? 0))
}
