/** Pauses before the first and before late attempts, in ms. */
const FIRST_MS = 400
const LONGEST_MS = 15_000

/**
 * The pause before an attempt to connect again, in ms: doubled each time, and between half of that and the whole by chance,
 * lest all pages of a shop come back in the same moment.
 *
 * @param attempt 0 for the first
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return Math.round(whole * (0.5 + random / 2))
}
