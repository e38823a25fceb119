import type { CollectionEvents, DataValue, Logger } from "res-service"
import { dataValue } from "res-service"
import { FEED_LIMIT } from "../../contract/limits.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { occurrences } from "../../observe/occurrences.ts"
import { listChanges } from "../list-changes.ts"
import type { LogEntry } from "../log/entry.ts"
import { applyEvent, type Feed } from "../projections/feed.ts"
import type { Loads, OnWait } from "./loads.ts"

/** How many events are measured to tell the size of all. */
const MEASURED_EVENTS = 100

type Send = (
  shopId: string,
  task: (events: CollectionEvents<DataValue<ShownEvent>>) => void | Promise<void>,
) => Promise<void>

interface LoadedFeed {
  /** Undefined while it is being read from the log. */
  feed: Feed | undefined
}

/**
 * The feeds that somebody looks at. The first `get` reads a shop's feed from the log; from then on it follows the log. A shop without a
 * loaded feed costs nothing.
 */
export class Feeds {
  readonly #loaded = new Map<string, LoadedFeed>()
  readonly #loads: Loads
  readonly #newest: (shopId: string, count: number) => Promise<LogEntry[]>
  readonly #send: Send
  readonly #logger: Logger

  /**
   * @param loads when a feed may be read
   * @param newest reads a shop's newest events from the log, newest first
   * @param send runs a task in the queue of a shop's feed
   */
  constructor(
    loads: Loads,
    newest: (shopId: string, count: number) => Promise<LogEntry[]>,
    send: Send,
    logger: Logger,
  ) {
    this.#loads = loads
    this.#newest = newest
    this.#send = send
    this.#logger = logger
  }

  /** Shops with a loaded feed. */
  get size(): number {
    return this.#loaded.size
  }

  /** The loaded feeds, about how many bytes as JSON: the mean of some events, times the number of all. */
  get loaded(): { readonly count: number; readonly bytes: number } {
    let events = 0
    let measured = 0
    let bytes = 0
    for (const { feed = [] } of this.#loaded.values()) {
      events += feed.length
      for (const event of feed.slice(0, MEASURED_EVENTS - measured)) {
        measured++
        bytes += Buffer.byteLength(JSON.stringify(event))
      }
    }
    return { count: this.#loaded.size, bytes: measured === 0 ? 0 : Math.round((bytes / measured) * events) }
  }

  has(shopId: string): boolean {
    return this.#loaded.has(shopId)
  }

  /** What a shop's feed shows. Call it in the queue of that feed. @param onWait as `Loads.run` takes it */
  async get(shopId: string, onWait?: OnWait): Promise<Feed> {
    const known = this.#loaded.get(shopId)?.feed
    if (known !== undefined) return known
    // Registered before it is read, so that new events wait in the queue behind this read.
    const loaded: LoadedFeed = { feed: undefined }
    this.#loaded.set(shopId, loaded)
    try {
      const entries = await this.#loads.run(() => this.#newest(shopId, FEED_LIMIT), onWait)
      loaded.feed = entries.map(({ event }) => event)
      return loaded.feed
    } catch (error) {
      if (this.#loaded.get(shopId) === loaded) this.#loaded.delete(shopId)
      throw error
    }
  }

  /** What watchers of a shop's feed were last sent; undefined while nobody looks at it. Another array after each change. */
  shown(shopId: string): Feed | undefined {
    return this.#loaded.get(shopId)?.feed
  }

  /**
   * Shows one event of the log.
   *
   * @param traceOf reads the trace of its message
   */
  add({ shopId, event }: LogEntry, traceOf = (): string | undefined => undefined): void {
    const loaded = this.#loaded.get(shopId)
    if (loaded === undefined) return
    const from = Date.now()
    this.#send(shopId, (events) => {
      // Dropped while the event waited. If it was loaded again, that was read after the event, or from another log.
      if (this.#loaded.get(shopId) !== loaded) return
      if (loaded.feed === undefined) {
        // The read has taken longer than the time limit of its `get`, and may miss this event.
        this.#loaded.delete(shopId)
        return
      }
      const { feed, changes } = applyEvent(loaded.feed, event)
      loaded.feed = feed
      const sentFrom = Date.now()
      for (const change of changes) {
        if (change.type === "remove") events.remove(change.index)
        else events.add(dataValue(change.event), change.index)
      }
      if (!occurrences.shown.isHeard) return
      const storedAt = Date.parse(event.received_at)
      occurrences.shown.tell({ trace: traceOf(), storedAt, from, sentFrom, to: Date.now() })
    }).catch((error: unknown) => this.#logger.error({ err: error, shopId }, "an event could not be shown"))
  }

  /** Shops with a loaded feed. */
  shopIds(): string[] {
    return [...this.#loaded].map(([shopId]) => shopId)
  }

  /** Removes the events before a sequence from all feeds. */
  dropBefore(seq: number): void {
    const isDropped = (event: ShownEvent | undefined): boolean => event !== undefined && event.seq < seq
    for (const [shopId, loaded] of this.#loaded) {
      if (!isDropped(loaded.feed?.at(-1))) continue
      this.#change(shopId, (feed) => feed.filter((event) => !isDropped(event))).catch((error: unknown) =>
        this.#logger.error({ err: error, shopId }, "dropped events could not be removed"),
      )
    }
  }

  /** Makes a feed equal to the log, if events were deleted there. Rejects when the log does not answer. */
  async compare(shopId: string): Promise<void> {
    await this.#change(shopId, async () => {
      const entries = await this.#loads.run(() => this.#newest(shopId, FEED_LIMIT))
      return entries.map(({ event }) => event)
    })
  }

  /** Drops a shop's feed. Its watchers are told nothing. */
  drop(shopId: string): void {
    this.#loaded.delete(shopId)
  }

  /** Makes another feed of a loaded one, in its queue, and sends the differences. */
  async #change(shopId: string, next: (feed: Feed) => Feed | Promise<Feed>): Promise<void> {
    await this.#send(shopId, async (events) => {
      const loaded = this.#loaded.get(shopId)
      if (loaded?.feed === undefined) return
      const before = loaded.feed
      const after = await next(before)
      // The log was lost meanwhile.
      if (this.#loaded.get(shopId) !== loaded) return
      loaded.feed = after
      const bySeq = new Map(after.map((event) => [`${event.seq}`, event]))
      for (const change of listChanges(seqsOf(before), seqsOf(after))) {
        const added = change.type === "add" ? bySeq.get(change.id) : undefined
        if (added === undefined) events.remove(change.index)
        else events.add(dataValue(added), change.index)
      }
    })
  }

  /** Drops the feeds of some shops. Their watchers are told nothing. */
  dropWhere(condition: (shopId: string) => boolean): void {
    for (const shopId of this.#loaded.keys()) if (condition(shopId)) this.#loaded.delete(shopId)
  }
}

function seqsOf(feed: Feed): string[] {
  return feed.map(({ seq }) => `${seq}`)
}
