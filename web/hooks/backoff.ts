/** The first pause is up to this long, in ms; each further one is up to twice as long as the one before, to the greatest. */
const FIRST_PAUSE_MS = 400
const GREATEST_PAUSE_MS = 8000

/** Growing pauses between attempts, half of each by chance: pages that lost one gateway don't all come back at one moment. */
export class Backoff {
  #failures = 0

  /** The next pause, in ms. */
  next(): number {
    const most = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, GREATEST_PAUSE_MS)
    this.#failures++
    return most / 2 + (Math.random() * most) / 2
  }

  /** To be called on success. */
  reset(): void {
    this.#failures = 0
  }
}
