import { ResError } from "../errors.ts"
import type { Reply } from "./reply.ts"

/**
 * After this time a requester is told how long the answer may take. Not at once: most answers are quick, and a plain NATS request
 * would take the pre-response for the answer.
 */
const SLOW_AFTER_MS = 1000

/** Enforces `Handlers.timeoutMs` for one request. */
export class TimeLimit {
  readonly #reply: Reply
  readonly #timeoutMs: number | undefined
  readonly #elapsed: Promise<void>
  #elapse: () => void = () => {}
  #notice: NodeJS.Timeout | undefined
  #limit: NodeJS.Timeout | undefined

  /** @param timeoutMs undefined: no limit */
  constructor(reply: Reply, timeoutMs: number | undefined) {
    this.#reply = reply
    this.#timeoutMs = timeoutMs
    this.#elapsed = new Promise((resolve) => {
      this.#elapse = resolve
    })
    if (timeoutMs === undefined) return
    this.#notice = setTimeout(() => reply.extendTimeout(timeoutMs), SLOW_AFTER_MS)
    this.#setLimit(timeoutMs)
  }

  /** Runs the task unless the time is over. Resolves when the task has ended or the time is over. */
  async run(task: () => Promise<void>): Promise<void> {
    if (!this.#reply.answered) await Promise.race([task(), this.#elapsed])
  }

  /** Tells the requester to wait `timeoutMs` from now on, and gives the handler that much time. */
  extend(timeoutMs: number): void {
    clearTimeout(this.#notice)
    this.#reply.extendTimeout(timeoutMs)
    if (this.#timeoutMs !== undefined && !this.#reply.answered) this.#setLimit(timeoutMs)
  }

  end(): void {
    clearTimeout(this.#notice)
    clearTimeout(this.#limit)
  }

  #setLimit(timeoutMs: number): void {
    clearTimeout(this.#limit)
    this.#limit = setTimeout(() => {
      this.#reply.answer({ error: new ResError("system.timeout") })
      this.#elapse()
    }, timeoutMs)
  }
}
