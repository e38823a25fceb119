import { setTimeout as sleep } from "node:timers/promises"
import type { Subscription } from "nats"
import { publishEvent } from "./events.ts"
import { post } from "./http.ts"
import type { Product } from "./product.ts"
import { getFeed } from "./res.ts"
import { until } from "./until.ts"

const PUBLISH_PAUSE_MS = 120
const ASK_PAUSE_MS = 200
/** Time for a second service to answer the same request too. */
const SECOND_ANSWER_MS = 300

/** Publishes to a shop, watches its feed's events, and asks for its feed, all the time, through whatever happens. */
export class ShopWitness {
  readonly #product: Product
  readonly #shopId: string
  readonly #events: Subscription
  readonly #working: Promise<unknown>
  #stopped = false
  readonly #added: number[] = []

  /** Sequences of the events that were answered with 200. */
  readonly acknowledged: number[] = []
  /** Requests that were answered more than once: by two services. */
  repeatedAnswers = 0

  private constructor(product: Product, shopId: string) {
    this.#product = product
    this.#shopId = shopId
    this.#events = product.nats.subscribe(`event.store.${shopId}.feed.add`, {
      callback: (_, msg) => {
        this.#added.push(msg.json<{ value: { data: { seq: number } } }>().value.data.seq)
      },
    })
    this.#working = Promise.all([this.#publish(), this.#ask()])
  }

  static async start(product: Product, shopId: string): Promise<ShopWitness> {
    const witness = new ShopWitness(product, shopId)
    await product.nats.flush()
    return witness
  }

  /** Sequences that were added more than once. */
  get repeatedAdds(): number[] {
    return this.#added.filter((seq, i) => this.#added.indexOf(seq) !== i)
  }

  get isInOrder(): boolean {
    return this.#added.every((seq, i) => i === 0 || seq >= (this.#added[i - 1] ?? 0))
  }

  /** Acknowledged events that a fresh `get` of the feed should have and does not. */
  async missing(): Promise<number[]> {
    // A service that learns only now that its lease has ended refuses what it was asked meanwhile.
    const fresh = await until("the feed", () => getFeed(this.#product.nats, this.#shopId).catch(() => undefined))
    const feed = fresh.map(({ seq }) => seq)
    const oldest = feed.length < 100 ? 0 : Math.min(...feed)
    return this.acknowledged.filter((seq) => seq >= oldest && !feed.includes(seq))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#working
    this.#events.unsubscribe()
  }

  async #publish(): Promise<void> {
    while (!this.#stopped) {
      const event = publishEvent({ shop_id: this.#shopId })
      const answer = await post(`${this.#product.edgeUrl}/publish/${this.#shopId}`, event)
      if (answer.status === 200) this.acknowledged.push(Number(answer.headers.get("X-Event-Seq")))
      await sleep(PUBLISH_PAUSE_MS)
    }
  }

  async #ask(): Promise<void> {
    const inbox = `_INBOX.witness.${this.#shopId}`
    const answers = new Map<string, number>()
    const subscription = this.#product.nats.subscribe(`${inbox}.*`, {
      callback: (_, msg) => {
        // Not the notice that nobody listens, and not a request to wait longer.
        if (msg.data.length > 0 && !msg.string().startsWith("timeout:"))
          answers.set(msg.subject, (answers.get(msg.subject) ?? 0) + 1)
      },
    })
    for (let i = 0; !this.#stopped; i++) {
      this.#product.nats.publish(`get.store.${this.#shopId}.feed`, "{}", { reply: `${inbox}.${i}` })
      await sleep(ASK_PAUSE_MS)
    }
    await sleep(SECOND_ANSWER_MS)
    subscription.unsubscribe()
    this.repeatedAnswers = [...answers.values()].filter((count) => count > 1).length
  }
}
