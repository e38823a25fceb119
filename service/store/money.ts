/** From which difference on two amounts are different ones: half a cent, so that no floating noise counts. */
const SAME_WITHIN = 0.005

/** Digits behind the point that are noise of binary fractions, counted in cents. */
const NOISE_DIGITS = 4

/**
 * An amount in whole cents, halves away from zero as people round: 1.005 is 101, although the binary number of that name is a
 * little less. Right for amounts up to about 10^11; beyond, numbers have no exact cents any more.
 */
export function toCents(amount: number): number {
  const cents = Math.abs(amount) * 100
  const rounded = Math.round(cents < 1e15 ? Number(cents.toFixed(NOISE_DIGITS)) : cents)
  return amount < 0 && rounded !== 0 ? -rounded : rounded
}

/** Sums are made of whole cents, and are amounts again only when they are shown: 0.1 + 0.2 is 0.3. */
export function fromCents(cents: number): number {
  return cents / 100
}

/** True when two amounts are not the same. */
export function differ(a: number, b: number): boolean {
  // The comparison itself must not be noise: 10.005 - 10 is a little less than 0.005.
  return Math.abs(a - b) > SAME_WITHIN + 1e-9
}
