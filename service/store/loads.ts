import { ResError } from "res-service"

/** Most shops that are loaded at the same time: enough to keep JetStream busy, and few enough that each takes little time. */
const MAX_RUNNING = 32

/** How often those who wait for a load are told so, in ms: more often than `WAIT_MS` passes. */
const TELL_INTERVAL_MS = 4000

/** How long the caller of a waiting load should wait for the next sign of life, in ms. */
export const WAIT_MS = 10_000

/** Called again and again while a load waits: its caller should wait `waitMs` from then on. */
export type OnWait = (waitMs: number) => void

interface WaitingLoad {
  readonly start: () => void
  readonly fail: (error: unknown) => void
  readonly onWait: OnWait
}

/**
 * The loads of shops, a bounded number at the same time and in the order in which they were asked for. When thousands of shops are
 * looked at together, each takes its turn, and the callers of those that wait are told to wait on. When JetStream does not answer for
 * one, those that wait fail too, as each of them would take as long to find that out.
 */
export class Loads {
  readonly #waiting = new Set<WaitingLoad>()
  #running = 0
  #telling: NodeJS.Timeout | undefined

  /** Runs `load` when it is its turn. */
  async run<T>(load: () => Promise<T>, onWait: OnWait = () => {}): Promise<T> {
    if (this.#running >= MAX_RUNNING) await this.#turn(onWait)
    else this.#running++
    try {
      return await load()
    } catch (error) {
      if (ResError.from(error).code === "system.serviceUnavailable") this.#failWaiting(error)
      throw error
    } finally {
      this.#startNext()
    }
  }

  #turn(onWait: OnWait): Promise<void> {
    this.#telling ??= setInterval(() => this.#tell(), TELL_INTERVAL_MS)
    return new Promise((start, fail) => this.#waiting.add({ start, fail, onWait }))
  }

  /** The next load takes the place of one that has ended. */
  #startNext(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#running--
    else {
      this.#waiting.delete(next)
      next.onWait(WAIT_MS)
      next.start()
    }
    if (this.#waiting.size === 0) this.#stopTelling()
  }

  #failWaiting(error: unknown): void {
    for (const { fail } of this.#waiting) fail(error)
    this.#waiting.clear()
    this.#stopTelling()
  }

  #stopTelling(): void {
    clearInterval(this.#telling)
    this.#telling = undefined
  }

  #tell(): void {
    for (const { onWait } of this.#waiting) onWait(WAIT_MS)
  }
}
