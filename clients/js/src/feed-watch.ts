import type { EventsIn } from "res-service/contract"
import { type HistoryFilter, matcherOf } from "../../../contract/history.ts"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { feed } from "../../../contract/store.ts"
import type { Connection } from "./connection.ts"
import { FeedSearch } from "./feed-search.ts"
import type { Observable } from "./observable.ts"
import type { ResCollection } from "./resclient.ts"
import { Timeline, type TimelineState } from "./timeline.ts"
import type { Watch } from "./watch.ts"

/** A shop's feed, and all events that were seen or asked for, without gaps: missed ones are read from older pages and the archive. */
export class FeedWatch {
  /** The newest events, at most 100, and whether they are up to date. */
  readonly feed: Watch<readonly ShownEvent[]>
  readonly #connection: Connection
  readonly #shopId: string
  readonly #timeline: Timeline
  #isLive = false
  #leave: () => void = () => {}
  #endErasures: () => void = () => {}

  constructor(connection: Connection, shopId: string) {
    this.#connection = connection
    this.#shopId = shopId
    this.feed = connection.watches.of(feed, { shop_id: shopId })
    this.#timeline = new Timeline((before, limit) => this.#page(before, limit, {}))
  }

  get timeline(): Observable<TimelineState> {
    return this.#timeline.state
  }

  /** Watches until `stop`. */
  start(): void {
    this.#timeline.start()
    this.#leave = this.feed.subscribe(() => this.#follow())
    this.#follow()
  }

  stop(): void {
    this.#endErasures()
    this.#leave()
    this.#isLive = false
    this.#timeline.stop()
  }

  /** Reads the page before the oldest event. Does nothing while one is being read, or when there is none. */
  older(): Promise<void> {
    return this.#timeline.older()
  }

  /** The events that match a filter: those of the timeline as they come, and older ones, from pages that the service selects. */
  search(filter: HistoryFilter): FeedSearch {
    return new FeedSearch(this.#timeline, matcherOf(filter), (before, limit) => this.#page(before, limit, filter))
  }

  async #page(before: number | undefined, limit: number, filter: HistoryFilter): Promise<readonly ShownEvent[]> {
    if (before === undefined) return await this.#newest(limit, filter)
    const rid = feed.rid({ shop_id: this.#shopId }, { ...filter, before: String(before), limit: String(limit) })
    const page = await this.#connection.ask((client) => client.get(rid))
    return [...(page as ResCollection)] as ShownEvent[]
  }

  /** Without a live feed, from the log's end on. A page is of what comes before a sequence, so it lacks the end itself. */
  async #newest(limit: number, filter: HistoryFilter): Promise<readonly ShownEvent[]> {
    const read = (params: object) => this.#connection.call(feed, { shop_id: this.#shopId }, "read", params)
    const { after: end } = await read({})
    if (end === 0) return []
    const page = await this.#page(end, limit, filter)
    const { events: last } = await read({ ...filter, after: end - 1, limit: 1 })
    return [...last, ...page]
  }

  #follow(): void {
    const { status, data } = this.feed.get()
    const wasLive = this.#isLive
    this.#isLive = status === "live"
    if (status !== "live") {
      this.#endErasures()
      return
    }
    if (!wasLive) {
      this.#timeline.correct(data)
      this.#followErasures()
    }
    this.#timeline.follow(data, !wasLive)
  }

  #followErasures(): void {
    const forget = ({ seqs }: EventsIn<typeof feed>["erased"]): void => this.#timeline.forget(seqs)
    let hasLeft = false
    let leave = (): void => {}
    // It is subscribed to already.
    this.#connection
      .ask((client) => client.get(feed.name({ shop_id: this.#shopId })))
      .then(
        (resource) => {
          if (hasLeft) return
          resource.on("erased", forget)
          leave = () => resource.off("erased", forget)
        },
        () => {}, // lost again: repeated after the next reconnect
      )
    this.#endErasures = () => {
      this.#endErasures = () => {}
      hasLeft = true
      leave()
    }
  }
}
