import type { CollectionEvents, DataValue, Logger } from "res-service"
import { dataValue } from "res-service"
import { FEED_LIMIT } from "../../contract/limits.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import type { LogEntry } from "../log/entry.ts"
import { applyEvent, type Feed } from "./feed-projection.ts"
import { type IdleTimes, LoadedShops } from "./loaded-shops.ts"

type Send = (shopId: string, task: (events: CollectionEvents<DataValue<ShownEvent>>) => void) => Promise<void>

interface Loaded {
  /** Undefined while it is read from the log. */
  feed: Feed | undefined
}

/**
 * The feeds that somebody looks at. A shop's feed is read from the log by its first `get`, and follows the log from then on;
 * a shop without a loaded feed costs nothing.
 */
export class Feeds {
  readonly #loaded = new LoadedShops<Loaded>()
  readonly #newest: (shopId: string, count: number) => Promise<LogEntry[]>
  readonly #send: Send
  readonly #logger: Logger

  /**
   * @param newest reads a shop's newest events from the log, newest first
   * @param send runs a task in the queue of a shop's feed
   */
  constructor(newest: (shopId: string, count: number) => Promise<LogEntry[]>, send: Send, logger: Logger) {
    this.#newest = newest
    this.#send = send
    this.#logger = logger
  }

  /** Shops with a loaded feed. */
  get size(): number {
    return this.#loaded.size
  }

  has(shopId: string): boolean {
    return this.#loaded.get(shopId) !== undefined
  }

  /** What a shop's feed shows. To be called in the queue of that feed. */
  async get(shopId: string): Promise<Feed> {
    const known = this.#loaded.use(shopId)?.feed
    if (known !== undefined) return known
    // Among the loaded before it is read: events that come meanwhile wait in the queue behind this.
    const loaded: Loaded = { feed: undefined }
    this.#loaded.add(shopId, loaded)
    try {
      loaded.feed = (await this.#newest(shopId, FEED_LIMIT)).map(({ event }) => event)
      return loaded.feed
    } catch (error) {
      this.#loaded.drop(shopId, loaded)
      throw error
    }
  }

  /** Takes in one event of the log. */
  add({ shopId, event }: LogEntry): void {
    if (!this.has(shopId)) return
    this.#send(shopId, (events) => {
      const loaded = this.#loaded.get(shopId)
      if (loaded?.feed === undefined) {
        // Read for longer than its `get` was given: what will be read may lack this event.
        if (loaded !== undefined) this.#loaded.drop(shopId, loaded)
        return
      }
      const { feed, changes } = applyEvent(loaded.feed, event)
      loaded.feed = feed
      for (const change of changes) {
        if (change.type === "remove") events.remove(change.index)
        else events.add(dataValue(change.event), change.index)
      }
    }).catch((error: unknown) => this.#logger.error({ err: error, shopId }, "an event could not be shown"))
  }

  /** Forgets a shop's feed. To be called in its queue. */
  drop(shopId: string): void {
    const loaded = this.#loaded.get(shopId)
    if (loaded !== undefined) this.#loaded.drop(shopId, loaded)
  }

  /** Forgets all feeds, without a word to those who look at them. */
  clear(): void {
    this.#loaded.clear()
  }

  /** As `LoadedShops.sweep`: the shops whose feed is to be reset. */
  sweep(now: number, times: IdleTimes): string[] {
    return this.#loaded.sweep(now, times)
  }
}
