import { FEED_LIMIT } from "../../../contract/limits.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { failureOf } from "./failure.ts"
import { Observable } from "./observable.ts"
import type { ReadPage, Timeline, TimelineState } from "./timeline.ts"

/** Live events to keep, besides those that were read from older pages. */
const MOST_KEPT = 5000

/**
 * The events of a shop that match a filter: those of its timeline as they come, and older ones, which the service selects. The state is
 * a timeline's; `missing` is that of the whole timeline.
 */
export class FeedSearch {
  readonly state: Observable<TimelineState>
  readonly #timeline: Timeline
  readonly #matches: (event: ShownEvent) => boolean
  readonly #read: ReadPage
  /** Sequences of the timeline's events that were judged. */
  #judged = new Set<number>()
  /** The events of the timeline from this sequence on are searched here, all before it by the service. */
  #from: number | undefined
  /** Older pages are read before this sequence. */
  #before = 0
  #keep = MOST_KEPT
  #erased = 0
  #leave: () => void = () => {}

  /** @param read reads the matching events before a sequence */
  constructor(timeline: Timeline, matches: (event: ShownEvent) => boolean, read: ReadPage) {
    this.#timeline = timeline
    this.#matches = matches
    this.#read = read
    this.state = new Observable<TimelineState>({
      events: [],
      missing: new Set(),
      complete: false,
      reading: false,
      failure: undefined,
    })
    this.#follow()
  }

  /** Follows the timeline until `stop`. */
  start(): void {
    this.#leave = this.#timeline.state.subscribe(() => this.#follow())
    this.#follow()
  }

  stop(): void {
    this.#leave()
  }

  /**
   * Searches further back. A request searches only so many events; if it finds nothing, `complete` stays false, and the next one goes
   * on from there. Does nothing while one is being answered, or when all was searched.
   */
  async older(): Promise<void> {
    const { reading, complete } = this.state.get()
    if (reading || complete) return
    this.#tell({ reading: true, failure: undefined })
    if (this.#from === undefined) {
      await this.#readNewest()
      return
    }
    const before = this.#before
    try {
      const page = await this.#read(before, FEED_LIMIT)
      // The last events may have been dropped meanwhile; then the page does not follow them.
      if (this.#before === before) {
        this.#keep += page.length
        this.#before = page.at(-1)?.seq ?? before
        this.#tell({ events: [...this.state.get().events, ...page], complete: page.length === 0 })
      }
      this.#tell({ reading: false })
    } catch (reason) {
      const end = endOfSearch(reason)
      if (end !== undefined && this.#before === before) this.#before = end
      this.#tell({ reading: false, failure: end === undefined ? failureOf(reason) : undefined })
    }
  }

  /** While the timeline is empty, there is no sequence to search before. It reads the newest events, which may be in the archive. */
  async #readNewest(): Promise<void> {
    await this.#timeline.older()
    const { events, complete, failure } = this.#timeline.state.get()
    this.#tell({ reading: false, failure, complete: complete && events.length === 0 })
  }

  #follow(): void {
    const { events, missing } = this.#timeline.state.get()
    this.#forgetErased()
    if (this.#from === undefined) {
      const oldest = events.at(-1)
      if (oldest === undefined) return
      this.#from = this.#before = oldest.seq
      this.#tell({ complete: false })
    }
    const found: ShownEvent[] = []
    for (const event of events) {
      if (event.seq < this.#from) break
      if (this.#judged.has(event.seq)) continue
      this.#judged.add(event.seq)
      if (this.#matches(event)) found.push(event)
    }
    // The timeline drops its oldest events, which never come again.
    if (this.#judged.size > 2 * events.length + FEED_LIMIT) this.#judged = new Set(events.map(({ seq }) => seq))
    if (found.length > 0) this.#add(found)
    if (missing !== this.state.get().missing) this.#tell({ missing })
  }

  #add(found: readonly ShownEvent[]): void {
    const { events } = this.state.get()
    const newest = events[0]?.seq ?? 0
    const all = [...found, ...events]
    // Events that were missed come below newer ones.
    if (found.some(({ seq }) => seq < newest)) all.sort((a, b) => b.seq - a.seq)
    const dropped = all.splice(this.#keep)
    const last = all.at(-1)
    if (dropped.length > 0 && last !== undefined) this.#before = last.seq
    this.#tell({ events: all, ...(dropped.length === 0 ? {} : { complete: false }) })
  }

  #forgetErased(): void {
    const { erased } = this.#timeline
    if (erased.size === this.#erased) return
    this.#erased = erased.size
    this.#tell({ events: this.state.get().events.filter(({ seq }) => !erased.has(seq)) })
  }

  #tell(change: Partial<TimelineState>): void {
    this.state.set({ ...this.state.get(), ...change })
  }
}

/** How far a request came that found nothing: the search goes on before this sequence. Undefined for other failures. */
function endOfSearch(reason: unknown): number | undefined {
  const { code, data } = (reason ?? {}) as { readonly code?: unknown; readonly data?: { readonly before?: unknown } }
  return code === "store.searchTooLong" && typeof data?.before === "number" ? data.before : undefined
}
