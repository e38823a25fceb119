import { backoffMs } from "../backoff.ts"

const GREATEST_PAUSE_MS = 8000

/** Growing pauses between attempts. */
export class Backoff {
  #failures = 0

  /** The next pause, in ms. */
  next(): number {
    return backoffMs(this.#failures++, GREATEST_PAUSE_MS)
  }

  /** To be called on success. */
  reset(): void {
    this.#failures = 0
  }
}
