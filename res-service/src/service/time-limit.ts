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
  /** Ends `run` before its task. */
  #elapse: () => void = () => {}
  /** Sends the notice, and then sets the limit itself. */
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs undefined: no limit */
  constructor(reply: Reply, timeoutMs: number | undefined, listener: TimeLimitListener) {
    this.#reply = reply
    this.#timeoutMs = timeoutMs
    this.#listener = listener
    if (timeoutMs === undefined) return
    if (timeoutMs <= SLOW_AFTER_MS) this.#setLimit(timeoutMs)
    else {
      this.#timer = setTimeout(() => {
        reply.extendTimeout(timeoutMs)
        this.#setLimit(timeoutMs - SLOW_AFTER_MS)
      }, SLOW_AFTER_MS)
    }
  }

  /** Runs the task unless the time is over. Resolves when the task has ended or the time is over. */
  async run(task: () => Promise<void>): Promise<void> {
    if (this.#reply.answered) return
    await new Promise<void>((resolve, reject) => {
      this.#elapse = resolve
      task().then(resolve, reject)
    })
  }

  /** Prolongs the request, and all that wait behind it. */
  extend(timeoutMs: number): void {
    this.#listener.onExtend(timeoutMs)
  }

  /** Tells the requester to wait `timeoutMs` from now on, and gives the handler that much time. */
  prolong(timeoutMs: number): void {
    clearTimeout(this.#timer)
    this.#reply.extendTimeout(timeoutMs)
    if (this.#timeoutMs !== undefined && !this.#reply.answered) this.#setLimit(timeoutMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#listener.onEnd()
  }

  #setLimit(timeoutMs: number): void {
    this.#timer = setTimeout(() => {
      this.#reply.answer({ error: new ResError("system.timeout") })
      this.#elapse()
    }, timeoutMs)
  }
}
