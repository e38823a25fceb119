/** The longest first pause, in ms. */
const FIRST_MS = 400

/**
 * The pause before the next attempt to connect, in ms: doubled each time, up to `greatestMs`, and randomly reduced by up to a half, so
 * that pages that lost the same server do not all return at the same moment.
 *
 * @param attempt 0 for the first
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, greatestMs: number, random = Math.random()): number {
  const whole = Math.min(greatestMs, FIRST_MS * 2 ** attempt)
  return whole * (0.5 + random / 2)
}
