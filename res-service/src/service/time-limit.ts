import { ResError } from "../errors.ts"
import type { Reply } from "./reply.ts"

/**
 * After this time a requester is told how long the answer may take. Not at once: most answers are quick, and a plain NATS request
 * would take the pre-response for the answer.
 */
const SLOW_AFTER_MS = 1000

/**
 * The time limits of all requests that run or wait. When a handler extends its time, those that wait behind it in its queue have to
 * wait for it, so their time is extended too.
 */
export class TimeLimits {
  readonly #ofQueues = new Map<string, Set<TimeLimit>>()

  /** @param timeoutMs undefined: no limit */
  open(queue: string, reply: Reply, timeoutMs: number | undefined): TimeLimit {
    const limits = this.#ofQueues.get(queue) ?? new Set()
    this.#ofQueues.set(queue, limits)
    const limit = new TimeLimit(reply, timeoutMs, {
      onExtend: (ms) => {
        for (const each of limits) each.prolong(ms)
      },
      onEnd: () => {
        limits.delete(limit)
        if (limits.size === 0) this.#ofQueues.delete(queue)
      },
    })
    limits.add(limit)
    return limit
  }
}

interface TimeLimitListener {
  onExtend(timeoutMs: number): void
  onEnd(): void
}

/** Enforces `Handlers.timeoutMs` for one request. */
export class TimeLimit {
  readonly #reply: Reply
  readonly #timeoutMs: number | undefined
  readonly #listener: TimeLimitListener
  readonly #elapsed: Promise<void>
  #elapse: () => void = () => {}
  #notice: NodeJS.Timeout | undefined
  #limit: NodeJS.Timeout | undefined

  /** @param timeoutMs undefined: no limit */
  constructor(reply: Reply, timeoutMs: number | undefined, listener: TimeLimitListener) {
    this.#reply = reply
    this.#timeoutMs = timeoutMs
    this.#listener = listener
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

  /** Prolongs the request, and all that wait behind it. */
  extend(timeoutMs: number): void {
    this.#listener.onExtend(timeoutMs)
  }

  /** Tells the requester to wait `timeoutMs` from now on, and gives the handler that much time. */
  prolong(timeoutMs: number): void {
    clearTimeout(this.#notice)
    this.#reply.extendTimeout(timeoutMs)
    if (this.#timeoutMs !== undefined && !this.#reply.answered) this.#setLimit(timeoutMs)
  }

  end(): void {
    clearTimeout(this.#notice)
    clearTimeout(this.#limit)
    this.#listener.onEnd()
  }

  #setLimit(timeoutMs: number): void {
    clearTimeout(this.#limit)
    this.#limit = setTimeout(() => {
      this.#reply.answer({ error: new ResError("system.timeout") })
      this.#elapse()
    }, timeoutMs)
  }
}
