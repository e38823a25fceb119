import { setTimeout as sleep } from "node:timers/promises"
import type { ChangeStream, ChangeStreamOptions, Collection, Document, ResumeToken } from "mongodb"

/** How long a server may delay its answer when nothing is new, in ms. */
const MAX_AWAIT_MS = 1000
/** Pauses in ms when a server answers at once that nothing is new, as some do. Each is twice the last one, up to the greatest. */
const FIRST_PAUSE_MS = 20
const GREATEST_PAUSE_MS = 160

export interface ChangeReaderOptions extends ChangeStreamOptions {
  /** Time in ms for MongoDB to answer. */
  readonly timeoutMs: number
  /** Ends the reading. */
  readonly signal: AbortSignal
}

/** Reads the changes of a collection, one after the other. The server opens the change stream at the first `next`. */
export class ChangeReader {
  readonly #stream: ChangeStream
  readonly #awaitMs: number
  readonly #signal: AbortSignal
  #pauseMs = FIRST_PAUSE_MS

  /** @param stages of an aggregation, which select the changes */
  constructor(collection: Pick<Collection, "watch">, stages: Document[], options: ChangeReaderOptions) {
    const { timeoutMs, signal, ...streamOptions } = options
    this.#awaitMs = Math.min(MAX_AWAIT_MS, timeoutMs / 2)
    this.#signal = signal
    this.#stream = collection.watch(stages, { ...streamOptions, maxAwaitTimeMS: this.#awaitMs })
  }

  /** Where to continue after the last change. */
  get resumeToken(): ResumeToken {
    return this.#stream.resumeToken
  }

  /**
   * The next change; null after a while without one. Rejects when the stream breaks, is closed, or was ended by the server; or with the
   * signal's reason.
   */
  async next(): Promise<Document | null> {
    const askedAt = performance.now()
    const change: Document | null = await this.#stream.tryNext()
    // The driver reports an ended stream as one without changes if the stream ended while an answer was on its way.
    if (change === null && this.#stream.closed) throw new Error("the stream of changes has ended")
    const waitedMs = performance.now() - askedAt
    if (change !== null || waitedMs >= this.#awaitMs / 2) this.#pauseMs = FIRST_PAUSE_MS
    else {
      await sleep(this.#pauseMs, undefined, { signal: this.#signal })
      this.#pauseMs = Math.min(2 * this.#pauseMs, GREATEST_PAUSE_MS)
    }
    return change
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#stream.close().catch(() => {})
  }
}
