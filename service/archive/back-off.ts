import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "res-service"
import { type Mongo, mongoReason } from "./mongo.ts"

/** Pauses between attempts, in ms. Each is twice the last one, up to the greatest. */
const FIRST_PAUSE_MS = 100
const GREATEST_PAUSE_MS = 5000

/** Repeats a task on MongoDB with growing pauses until it succeeds. Logs the start and the end of an outage once each. */
export class BackOff {
  readonly #mongo: Pick<Mongo, "run">
  readonly #logger: Logger
  readonly #signal: AbortSignal
  #failingSince: number | undefined

  /** @param signal ends all attempts */
  constructor(mongo: Pick<Mongo, "run">, logger: Logger, signal: AbortSignal) {
    this.#mongo = mongo
    this.#logger = logger
    this.#signal = signal
  }

  /** Since when tasks have failed, in ms since the epoch; undefined while they succeed. */
  get failingSince(): number | undefined {
    return this.#failingSince
  }

  /**
   * Resolves to the result of `task` once it succeeds.
   *
   * @param what the task in words, for the log: "archive events"
   * @throws {Error} the signal's reason
   */
  async persist<T>(what: string, task: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, GREATEST_PAUSE_MS)) {
      this.#signal.throwIfAborted()
      try {
        const result = await this.#mongo.run(task)
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
