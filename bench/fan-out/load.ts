import type { NatsConnection } from "nats"
import { publishEvent } from "../../test/helpers/events.ts"
import { until } from "../../test/helpers/until.ts"

/**
 * Deliveries under way at the most while the throughput is measured, at least and for each connection: enough to keep
 * every server busy, and the same for all.
 */
const MIN_UNDER_WAY = 10_000
const UNDER_WAY_PER_CONNECTION = 20
/** Resgate loses events when more than 8,192 wait for it. */
const MAX_EVENTS_UNDER_WAY = 5_000
/** Deliveries per second while the delay is measured: what each of the servers can do. */
const CALM_DELIVERIES_PER_S = 10_000
/** An add event but for its end: `seq`, `sent_at`. */
const EVENT_START = JSON.stringify({ idx: 0, value: { data: publishEvent() } }).slice(0, -3)

/** From the first event that was sent to the last delivery. */
export interface Flood {
  readonly deliveries: number
  readonly seconds: number
}

/** Sends events over NATS, and counts what arrives. */
export class FanOutLoad {
  readonly #nats: NatsConnection
  readonly #collections: number
  readonly #subscribers: number
  #sent = 0
  #received = 0
  #delays: number[] = []
  #onReceived: () => void = () => {}

  constructor(connection: NatsConnection, collections: number, subscribers: number) {
    this.#nats = connection
    this.#collections = collections
    this.#subscribers = subscribers
  }

  count(frames: number): void {
    this.#received += frames
    this.#onReceived()
  }

  read(frame: Buffer): void {
    const at = /"sent_at":([\d.]+)/.exec(frame.toString("latin1"))
    if (at) this.#delays.push(performance.now() - Number(at[1]))
    this.count(1)
  }

  /** Sends as fast as deliveries come in; resolves when all have come. */
  async flood(forSeconds: number): Promise<Flood> {
    const wanted = Math.max(MIN_UNDER_WAY, UNDER_WAY_PER_CONNECTION * this.#collections * this.#subscribers)
    const underWay = Math.min(wanted, MAX_EVENTS_UNDER_WAY * this.#subscribers)
    const [start, before] = [performance.now(), this.#received]
    const end = start + forSeconds * 1000
    await new Promise<void>((resolve) => {
      const refill = (): void => {
        if (performance.now() > end) {
          resolve()
          return
        }
        while (this.#sent * this.#subscribers - this.#received < underWay) this.#send()
      }
      this.#onReceived = refill
      refill()
    })
    this.#onReceived = () => {}
    await this.#allReceived()
    return { deliveries: this.#received - before, seconds: (performance.now() - start) / 1000 }
  }

  /** Sends at a steady pace; resolves to the delays of sampled deliveries, in ms. */
  async calm(forSeconds: number): Promise<number[]> {
    this.#delays = []
    const intervalMs = (1000 * this.#subscribers) / CALM_DELIVERIES_PER_S
    const start = performance.now()
    for (let n = 0; n * intervalMs < forSeconds * 1000; n++) {
      const wait = start + n * intervalMs - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      this.#send()
    }
    await this.#allReceived()
    return this.#delays
  }

  #send(): void {
    this.#nats.publish(
      `event.bench.${this.#sent % this.#collections}.add`,
      `${EVENT_START},"seq":${this.#sent},"sent_at":${performance.now()}}}}`,
    )
    this.#sent++
  }

  async #allReceived(): Promise<void> {
    const missing = () => this.#sent * this.#subscribers - this.#received
    await until("all deliveries", () => missing() <= 0).catch((error: unknown) => {
      throw new Error(`${missing()} of ${this.#sent * this.#subscribers} deliveries did not come`, { cause: error })
    })
  }
}
