import { FEED_LIMIT } from "../../../contract/limits.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { type Failure, failureOf } from "./failure.ts"
import { Observable } from "./observable.ts"

/** Live events to keep, besides those to which somebody has scrolled back. */
const MOST_KEPT = 5000

/** Events per page. */
const PAGE_LIMIT = 100

/** A feed with lost rows counts as complete again after this time without a change, in ms. */
const SETTLE_MS = 250

/** Pause before an older page that could not be read is asked for again, in ms. */
const RETRY_MS = 1500

/** The events before the sequence `before`, newest first, at most `limit`; none at the end. Undefined: the newest that there are. */
export type ReadPage = (before: number | undefined, limit: number) => Promise<readonly ShownEvent[]>

/** What a timeline shows. */
export interface TimelineState {
  /** Newest first, each once. There are gaps only below the events in `missing`. */
  readonly events: readonly ShownEvent[]
  /** Sequences of events with a possible gap below them, which is being read. */
  readonly missing: ReadonlySet<number>
  /** The last event is the oldest that the shop has. */
  readonly complete: boolean
  /** Older events are being read. */
  readonly reading: boolean
  /** Why the last attempt to read older events failed. */
  readonly failure: Failure | undefined
}

/**
 * A shop's events, as far back as they were shown or requested. The feed has only the newest 100; missed events are read from
 * older pages.
 *
 * `seq` does not reveal a missing event, because it has gaps within a shop. So two events count as neighbours only when one
 * answer of the service (a whole feed, or a page) had them side by side. Every other event is in `missing` until a page below it
 * was read.
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
  readonly #retryMs: number
  /** Sequences of the events that are shown. */
  readonly #known = new Set<number>()
  readonly #erased = new Set<number>()
  /** The feed as it was last taken in. */
  #feed: readonly ShownEvent[] = []
  #keep = MOST_KEPT
  #filling = false
  #stopped = false
  #settling: ReturnType<typeof setTimeout> | undefined

  /** @param retryMs pause before a failed page is requested again */
  constructor(read: ReadPage, retryMs = RETRY_MS) {
    this.#read = read
    this.#retryMs = retryMs
  }

  /** Sequences of events that are gone for good. */
  get erased(): ReadonlySet<number> {
    return this.#erased
  }

  /**
   * Takes in the feed as it is now, newest first.
   *
   * @param fresh true after a new subscription, when the feed is an answer of the service
   */
  follow(feed: readonly ShownEvent[], fresh: boolean): void {
    clearTimeout(this.#settling)
    // A gateway that fetched the feed again sends the differences: first all removals, then the additions from the top. Until the
    // feed has its full length again, rows that are not neighbours are side by side.
    if (!fresh && feed.length < this.#feed.length) {
      this.#settling = setTimeout(() => this.follow(feed, true), SETTLE_MS)
      return
    }
    // While a feed is not full, such additions look like new events. If the connection was lost between two of them, rows of the
    // last feed were wrongly taken as neighbours.
    if (fresh && this.#feed.length < FEED_LIMIT) this.#doubt(this.#feed)
    this.#feed = feed
    this.#take(feed)
    void this.#fill()
  }

  /**
   * Reads the page before the oldest event, or the newest page if there is none: the log may have dropped what the archive still has. Does
   * nothing while one is being read, or when nothing is older.
   */
  async older(): Promise<void> {
    const { events, reading, complete } = this.state.get()
    const oldest = events.at(-1)
    if (reading || complete) return
    this.#tell({ reading: true, failure: undefined })
    try {
      const page = await this.#read(oldest?.seq, PAGE_LIMIT)
      // If the oldest event was dropped or erased meanwhile, there is a gap above the page; another page is requested.
      if (this.state.get().events.at(-1) === oldest) {
        this.#keep += page.length
        this.#take(page, oldest?.seq)
        this.#tell({ reading: false, complete: page.length === 0 })
      } else this.#tell({ reading: false })
    } catch (reason) {
      this.#tell({ reading: false, failure: failureOf(reason) })
    }
  }

  /**
   * Replaces events by the service's, and removes those that it does not have.
   *
   * @param feed as the service has just answered it, newest first
   */
  correct(feed: readonly ShownEvent[]): void {
    const [newest, oldest] = [feed[0], feed.at(-1)]
    if (newest === undefined || oldest === undefined) return
    const right = new Map(feed.map((event) => [event.seq, event]))
    const { events } = this.state.get()
    const covered = events.filter(({ seq }) => seq >= oldest.seq && seq <= newest.seq)
    this.#remove(covered.filter(({ seq }) => !right.has(seq)).map(({ seq }) => seq))
    if (covered.every((event) => isSameEvent(event, right.get(event.seq)))) return
    const rightCopy = (event: ShownEvent): ShownEvent => {
      const copy = right.get(event.seq)
      return copy === undefined || isSameEvent(event, copy) ? event : copy
    }
    this.#tell({ events: this.state.get().events.map(rightCopy) })
  }

  /** Removes erased events, and ignores them from then on. */
  forget(seqs: readonly number[]): void {
    for (const seq of seqs) this.#erased.add(seq)
    this.#remove(seqs)
  }

  #remove(seqs: readonly number[]): void {
    if (seqs.length === 0) return
    for (const seq of seqs) this.#known.delete(seq)
    const { events, missing } = this.state.get()
    const left: ShownEvent[] = []
    const stillMissing = new Set(missing)
    for (const event of events) {
      if (this.#known.has(event.seq)) {
        left.push(event)
        continue
      }
      // A gap below a removed event is now below the event above it.
      const above = left.at(-1)
      if (stillMissing.delete(event.seq) && above !== undefined) stillMissing.add(above.seq)
    }
    this.#tell({ events: left, missing: stillMissing })
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

  #doubt(events: readonly ShownEvent[]): void {
    const shown = events.filter(({ seq }) => this.#known.has(seq))
    this.#tell({ missing: new Set([...this.state.get().missing, ...shown.map(({ seq }) => seq)]) })
  }

  /** Fills the gaps, newest first. */
  async #fill(): Promise<void> {
    if (this.#filling) return
    this.#filling = true
    while (!this.#stopped) {
      const { missing } = this.state.get()
      if (missing.size === 0) break
      const above = Math.max(...missing)
      try {
        const page = await this.#read(above, PAGE_LIMIT)
        if (this.state.get().missing.has(above)) this.#take(page, above)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, this.#retryMs))
      }
    }
    this.#filling = false
  }

  /**
   * Adds events that are neighbours, newest first.
   *
   * @param above sequence of the event right above them, when they are an older page
   */
  #take(answer: readonly ShownEvent[], above?: number): void {
    const run = answer.filter(({ seq }) => !this.#erased.has(seq))
    const { events, missing } = this.state.get()
    const left = new Set(missing)
    if (above !== undefined) left.delete(above)
    for (const { seq } of run.slice(0, -1)) left.delete(seq)
    const last = run.at(-1)
    if (last !== undefined && !this.#known.has(last.seq)) left.add(last.seq)

    const added = run.filter(({ seq }) => !this.#known.has(seq))
    for (const { seq } of added) this.#known.add(seq)
    const all = merged(events, added)
    const dropped = all.splice(this.#keep)
    for (const { seq } of dropped) {
      this.#known.delete(seq)
      left.delete(seq)
    }
    // Nothing can be missing below the oldest event: `older` reads what is there.
    left.delete(all.at(-1)?.seq ?? 0)
    this.#tell({
      ...(added.length === 0 ? {} : { events: all }),
      ...(sameMembers(left, missing) ? {} : { missing: left }),
      // A burst into an empty shop may have left more events than the feed has.
      ...(dropped.length > 0 || (events.length === 0 && run.length > 0) ? { complete: false } : {}),
    })
  }

  #tell(change: Partial<TimelineState>): void {
    if (Object.keys(change).length > 0) this.state.set({ ...this.state.get(), ...change })
  }
}

function isSameEvent(a: ShownEvent, b: ShownEvent | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Both together, newest first. */
function merged(events: readonly ShownEvent[], added: readonly ShownEvent[]): ShownEvent[] {
  const newest = events[0]?.seq ?? 0
  const oldest = events.at(-1)?.seq ?? 0
  if (added.every(({ seq }) => seq > newest)) return [...added, ...events]
  if (added.every(({ seq }) => seq < oldest)) return [...events, ...added]
  return [...events, ...added].sort((a, b) => b.seq - a.seq)
}

function sameMembers(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each))
}
