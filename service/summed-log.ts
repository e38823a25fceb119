import type { Logger } from "res-service"

const INTERVAL_MS = 60_000

/** Most different reasons in one line; others are counted together. */
const MAX_REASONS = 20
const OTHER_REASONS = "other reasons"

interface Sum {
  count: number
  readonly reasons: Map<string, number>
  readonly example: object
}

/**
 * Logs problems that others can cause any number of times: the first at once, those of the following minute in one line with their count,
 * reasons, and one example. A flood of 20,000 makes two lines.
 */
export class SummedLog {
  readonly #write: (details: object) => void
  readonly #intervalMs: number
  #sum: Sum | undefined
  #next: NodeJS.Timeout | undefined

  constructor(logger: Logger, level: "warn" | "error", message: string, intervalMs = INTERVAL_MS) {
    this.#write = (details) => logger[level](details, message)
    this.#intervalMs = intervalMs
  }

  /** @param example details of this problem, for the log */
  add(reason: string, example: object): void {
    if (this.#next === undefined) {
      this.#write({ count: 1, reasons: { [reason]: 1 }, example })
      this.#wait()
      return
    }
    this.#sum ??= { count: 0, reasons: new Map(), example }
    const { reasons } = this.#sum
    const name = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : OTHER_REASONS
    reasons.set(name, (reasons.get(name) ?? 0) + 1)
    this.#sum.count++
  }

  /** Logs the problems that were not logged yet. */
  stop(): void {
    clearTimeout(this.#next)
    this.#next = undefined
    this.#flush()
  }

  #wait(): void {
    this.#next = setTimeout(() => {
      this.#next = undefined
      if (this.#flush()) this.#wait()
    }, this.#intervalMs).unref()
  }

  /** False: there was nothing to log. */
  #flush(): boolean {
    if (this.#sum === undefined) return false
    const { count, reasons, example } = this.#sum
    this.#sum = undefined
    this.#write({ count, reasons: Object.fromEntries(reasons), example })
    return true
  }
}
