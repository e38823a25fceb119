import { MAX_BATCH_EVENTS } from "../../contract/limits.ts"
import { notTried } from "../../contract/unavailable.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Ack, NewMessage } from "../jetstream/writer.ts"

/** An array that waits to be stored. */
interface Waiting {
  readonly messages: readonly NewMessage[]
  resolve(ack: Ack): void
  reject(error: unknown): void
}

/**
 * Stores arrays of messages, each all or none. Arrays that wait at the same time become one atomic batch: for each batch nats-server makes a
 * file and forces it to the disk, which takes longer than storing a hundred events.
 */
export class ArrayAppender {
  readonly #js: JetStream
  readonly #waiting: Waiting[] = []
  #isStoring = false

  constructor(js: JetStream) {
    this.#js = js
  }

  /**
   * Resolves as `JetStream.publishBatch`.
   *
   * @param messages at most 1,000. JetStream must have no reason to refuse one of them, as it would refuse the arrays stored with it, too
   */
  append(messages: readonly NewMessage[]): Promise<Ack> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject })
      if (!this.#isStoring) void this.#store()
    })
  }

  async #store(): Promise<void> {
    this.#isStoring = true
    while (this.#waiting.length > 0) {
      const arrays = this.#take()
      const messages = arrays.flatMap((array) => array.messages)
      try {
        const ack = await this.#js.publishBatch(messages)
        let seq = ack.seq - messages.length
        for (const array of arrays) {
          seq += array.messages.length
          array.resolve({ ...ack, seq })
        }
      } catch (error) {
        for (const { reject } of arrays) reject(error)
        // So that they need not wait for their turn, and then as long again.
        for (const { reject } of this.#waiting.splice(0)) reject(notTried(undefined, error))
      }
    }
    this.#isStoring = false
  }

  /** The arrays that come next and fit into one batch, the first in any case. */
  #take(): Waiting[] {
    let count = 0
    const end = this.#waiting.findIndex(({ messages }) => {
      count += messages.length
      return count > MAX_BATCH_EVENTS
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end))
  }
}
