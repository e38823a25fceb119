import type { StreamState } from "@nats-io/jetstream"
import type { Logger } from "res-service"
import type { Feeds } from "./feeds.ts"

/** How often to look at what the log still has, in ms. */
const INTERVAL_MS = 2000

/** What the log has lost, at one time. */
interface Lost {
  /** The first sequence that it still has; one more than the last when it is empty. */
  readonly first: number
  /** How many messages are gone between the first and the last. */
  readonly inside: number
  /** How many messages are gone in all. */
  readonly total: number
}

/**
 * Takes events out of the loaded feeds that the log no longer has, so that a feed stays what a service that starts now would show. The
 * stream drops its oldest messages by itself (`STREAM_MAX_MIB`, `STREAM_MAX_AGE_DAYS`): its first sequence tells which. Somebody may
 * also purge a shop, or delete single messages: then JetStream only tells how many, and all loaded feeds are compared with the log.
 */
export class DroppedEvents {
  readonly #state: () => Promise<StreamState>
  readonly #feeds: Feeds
  readonly #logger: Logger
  #known: Lost | undefined
  #looking: NodeJS.Timeout | undefined
  #comparing = false
  #compareAgain = false

  /** @param state tells what the log has now */
  constructor(state: () => Promise<StreamState>, feeds: Feeds, logger: Logger) {
    this.#state = state
    this.#feeds = feeds
    this.#logger = logger
  }

  /** Call it before the first feed is loaded. */
  async start(): Promise<void> {
    this.#known = lostOf(await this.#state())
    this.#looking = setInterval(() => void this.#look(), INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#looking)
    this.#looking = undefined
  }

  async #look(): Promise<void> {
    const state = await this.#state().catch(() => undefined)
    if (state === undefined) return // JetStream is away, and the next look tells
    const [before, lost] = [this.#known, lostOf(state)]
    this.#known = lost
    this.#feeds.dropBefore(lost.first)
    if (before !== undefined && hasLostInside(before, lost)) void this.#compareAll()
  }

  /** One feed after the other, so that loads are hardly delayed. */
  async #compareAll(): Promise<void> {
    this.#compareAgain = this.#comparing
    if (this.#comparing) return
    this.#comparing = true
    for (const shopId of this.#feeds.shopIds()) {
      if (this.#looking === undefined) break
      await this.#feeds.compare(shopId).catch((error: unknown) => {
        this.#logger.warn({ err: error, shopId }, "a feed could not be compared with the log")
        this.#compareAgain = true
      })
    }
    this.#comparing = false
    // JetStream did not answer for one of them, or more was deleted meanwhile.
    if (this.#compareAgain && this.#looking !== undefined)
      setTimeout(() => void this.#compareAll(), INTERVAL_MS).unref()
  }
}

function lostOf({ first_seq, last_seq, messages, num_deleted }: StreamState): Lost {
  return { first: first_seq, inside: num_deleted ?? 0, total: last_seq - messages }
}

/** Whether messages were lost otherwise than from the log's beginning on. */
function hasLostInside(before: Lost, now: Lost): boolean {
  return now.inside > before.inside || now.total - before.total > now.first - before.first
}
