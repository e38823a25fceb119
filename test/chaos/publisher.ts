import type { PublishEvent } from "../../contract/publish-event.ts"
import { Random } from "../../tools/demo/random.ts"
import { publishEvent } from "../helpers/events.ts"
import { producerHeaders } from "../helpers/producers.ts"
import type { StoredEvent } from "./evidence.ts"
import { Loop } from "./loop.ts"
import type { Door } from "./world.ts"

/** Longest that a publisher waits for an answer, in ms; the edge's own limit is 5 s. */
const REQUEST_MS = 8000
/** With repetitions, one of how many requests is a batch, and of how many events. */
const REQUESTS_PER_BATCH = 8
const BATCH_EVENTS = 3
/** How many shopping sessions of a shop its events are about. */
const BASKETS = 3

const actions = ["ADD", "ADD", "ADD", "REMOVE", "CHECKOUT"]

export interface PublisherOptions {
  readonly edge: Door
  readonly shopId: string
  /**
   * How requests can be repeated, by an Idempotency-Key or a producer's sequence. Each one is repeated then until it is answered 200.
   * Undefined: they are not, and a failed one may be stored.
   */
  readonly repeats: "key" | "producer" | undefined
  readonly pauseMs: number
  readonly seed: number
}

/** Session IDs of a shop's baskets. */
export function basketsOf(shopId: string): string[] {
  const random = new Random(Number.parseInt(shopId.slice(0, 8), 16))
  return Array.from({ length: BASKETS }, () => random.uuid())
}

/** Publishes to one shop, one request after the other. Its events are numbered by `action_id`, and name it as their shopper. */
export class Publisher {
  readonly shopId: string
  /** Answered with 200, oldest first. */
  acknowledged: StoredEvent[] = []
  /** Requests that were answered with 200, and that were not. */
  succeeded = 0
  failed = 0
  /** Answers that say that the request is wrong, which it is not. */
  readonly complaints: string[] = []
  /** When the last request that was answered with 200 began, by `performance.now()`. */
  succeededAt = 0
  readonly loop: Loop
  readonly #options: PublisherOptions
  readonly #random: Random
  readonly #producer: string
  /** Of different requests. */
  #requests = 0
  #number = 0
  #waiting: readonly PublishEvent[] | undefined

  constructor(options: PublisherOptions) {
    this.shopId = options.shopId
    this.#options = options
    this.#random = new Random(options.seed)
    this.#producer = this.#random.uuid()
    this.loop = new Loop(() => this.#publish(), options.pauseMs)
  }

  /** Forgets what was acknowledged, because the log was deleted. */
  forget(): void {
    this.acknowledged = []
  }

  async #publish(): Promise<void> {
    const repeats = this.#options.repeats !== undefined
    const isBatch = repeats && this.#random.int(1, REQUESTS_PER_BATCH) === 1
    if (this.#waiting === undefined) this.#requests++
    const events = this.#waiting ?? Array.from({ length: isBatch ? BATCH_EVENTS : 1 }, () => this.#nextEvent())
    this.#waiting = repeats ? events : undefined
    const startedAt = performance.now()
    const seqs = await this.#post(events).catch(() => undefined)
    if (seqs === undefined) {
      this.failed++
      return
    }
    this.#waiting = undefined
    this.succeeded++
    this.succeededAt = startedAt
    for (const [i, { action_id }] of events.entries())
      this.acknowledged.push({ seq: seqs[i] ?? 0, id: `${this.#producer}/${action_id}` })
  }

  #headers(key: string): Record<string, string> {
    const { repeats } = this.#options
    if (repeats === "key") return { "idempotency-key": key }
    return repeats === "producer" ? producerHeaders({ id: this.#producer, epoch: 0, seq: this.#requests }) : {}
  }

  #nextEvent(): PublishEvent {
    return publishEvent({
      shop_id: this.shopId,
      session_id: this.#random.pick(basketsOf(this.shopId)),
      shopper_id: this.#producer,
      action_id: ++this.#number,
      action: this.#random.pick(actions),
      product_id: this.#random.int(1, 20),
      basket_total: this.#random.int(100, 9999) / 100,
    })
  }

  /** The events' sequences; undefined if they were not acknowledged. */
  async #post(events: readonly PublishEvent[]): Promise<number[] | undefined> {
    const { edge } = this.#options
    const key = `${this.#producer}/${events[0]?.action_id}`
    const response = await fetch(`${edge.url}/publish/${this.shopId}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers(key) },
      body: JSON.stringify(events.length === 1 ? events[0] : events),
      signal: AbortSignal.timeout(REQUEST_MS),
    })
    const text = await response.text()
    if (response.status === 200) {
      if (events.length === 1) return [Number(response.headers.get("x-event-seq"))]
      return (JSON.parse(text) as { seq: number }[]).map(({ seq }) => seq)
    }
    if (response.status >= 400 && response.status < 500)
      this.complaints.push(`POST of ${key}: ${response.status} ${text}`)
    return undefined
  }
}
