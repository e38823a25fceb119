/** The first pause is up to this long, in ms. */
const FIRST_MS = 400

/**
 * The pause before an attempt to connect again, in ms: doubled each time, up to `greatestMs`, and between half of that and the whole
 * by chance, lest all pages that lost one server come back in the same moment.
 *
 * @param attempt 0 for the first
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, greatestMs: number, random = Math.random()): number {
  const whole = Math.min(greatestMs, FIRST_MS * 2 ** attempt)
  return whole * (0.5 + random / 2)
}
