import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "res-service"
import { mongoReason } from "./mongo.ts"

/** Pauses between attempts, in ms: doubled each time up to the greatest. */
const FIRST_PAUSE_MS = 100
const GREATEST_PAUSE_MS = 5000

/** Tries again, with growing pauses, until something is done; an outage is told of once, and its end. */
export class BackOff {
  readonly #logger: Logger
  readonly #signal: AbortSignal
  #failingSince: number | undefined

  /** @param signal ends all waiting */
  constructor(logger: Logger, signal: AbortSignal) {
    this.#logger = logger
    this.#signal = signal
  }

  /** Since when nothing has worked, in ms since the epoch; undefined while all is well. */
  get failingSince(): number | undefined {
    return this.#failingSince
  }

  /**
   * Resolves to what `task` gave when it no longer failed.
   *
   * @param what in words, for the log: "archive events"
   * @throws {Error} the signal's reason
   */
  async persist<T>(what: string, task: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, GREATEST_PAUSE_MS)) {
      this.#signal.throwIfAborted()
      try {
        const result = await task()
        this.#worked(what)
        return result
      } catch (error) {
        this.#signal.throwIfAborted()
        this.#failed(what, error)
        await sleep(pauseMs, undefined, { signal: this.#signal })
      }
    }
  }

  #failed(what: string, error: unknown): void {
    if (this.#failingSince !== undefined) return
    this.#failingSince = Date.now()
    this.#logger.warn({ reason: mongoReason(error) }, `cannot ${what} now; waiting`)
  }

  #worked(what: string): void {
    if (this.#failingSince === undefined) return
    this.#logger.info({ waitedMs: Date.now() - this.#failingSince }, `can ${what} again`)
    this.#failingSince = undefined
  }
}
