/** The longest first pause, in ms. */
const FIRST_MS = 400

/**
 * The pause before the next attempt, in ms: doubled each time, up to `greatestMs`, and randomly reduced by up to a half, so that clients
 * that lost the same server do not all return at the same moment.
 *
 * @param attempt 0 for the first
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, greatestMs: number, random = Math.random()): number {
  const whole = Math.min(greatestMs, FIRST_MS * 2 ** attempt)
  return whole * (0.5 + random / 2)
}

/** Growing pauses between attempts. */
export class Backoff {
  readonly #greatestMs: number
  #failures = 0

  /** @param greatestMs the longest pause, in ms */
  constructor(greatestMs: number) {
    this.#greatestMs = greatestMs
  }

  /** The next pause, in ms. */
  next(): number {
    return backoffMs(this.#failures++, this.#greatestMs)
  }

  /** To be called on success. */
  reset(): void {
    this.#failures = 0
  }
}
