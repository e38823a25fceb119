/** Exact sums of amounts. Pages use this too, so it imports nothing. */

/** Most decimals of a price; further ones come from a division (10 / 3) or from binary fractions. */
const MOST_DECIMALS = 8
/** Decimals for such a price, so that three times 10 / 3 is 10. */
const NOISY_DECIMALS = 12

const HALF_A_CENT = 0.005

/** 1, 10, 100 and so on, which binary numbers represent exactly. */
const POWERS = Array.from({ length: NOISY_DECIMALS + 1 }, (_, decimals) => 10 ** decimals)

/**
 * A sum as a person would write it: 0.1 and 0.2 make 0.3, three times 1.255 makes 3.765. It has the decimals of the amount that has
 * most. Exact as far as numbers are, about 15 digits.
 */
export function sum(amounts: readonly number[]): number {
  const decimals = Math.max(0, ...amounts.map(decimalsOf))
  return fromUnits(
    amounts.reduce((units, amount) => units + unitsOf(amount, decimals), 0),
    decimals,
  )
}

/** A quantity times a price, exact as `sum`; also 1.7 kg of something. */
export function times(price: number, count: number): number {
  const decimals = decimalsOf(price)
  const ofCount = decimalsOf(count)
  // A third of a piece has no decimals that would make it exact.
  if (decimals + ofCount > NOISY_DECIMALS) return fromUnits(unitsOf(price, decimals) * count, decimals)
  return fromUnits(unitsOf(price, decimals) * unitsOf(count, ofCount), decimals + ofCount)
}

/** True for a price with fractions of a cent. */
export function hasFractionOfCent(price: number): boolean {
  return decimalsOf(price) > 2
}

/**
 * True when `a` is more than `b`, by more than rounding to cents explains: half a cent for the sum, and as much for each of
 * `roundedApart` prices that may have been rounded before they were added.
 */
export function exceeds(a: number, b: number, roundedApart: number): boolean {
  // The comparison itself must not be noise: 10.005 - 10 is a little less than 0.005.
  return a - b > HALF_A_CENT * (1 + roundedApart) + 1e-9
}

/** An amount in its smallest units, such as cents: rounded to them, half a unit away from zero. */
export function toUnits(amount: number, decimals: number): number {
  const own = decimalsOf(amount)
  const units = unitsOf(amount, own)
  if (own <= decimals) return units * (POWERS[decimals - own] ?? 1)
  return Math.sign(units) * Math.round(Math.abs(units) / (POWERS[own - decimals] ?? 1))
}

/** How many decimals an amount has as a person would write it. */
function decimalsOf(amount: number): number {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const power = POWERS[decimals] ?? 1
    // The quotient is rounded to the nearest binary number, which is also what the decimal is parsed as.
    if (Math.round(amount * power) / power === amount) return decimals
  }
  return NOISY_DECIMALS
}

function unitsOf(amount: number, decimals: number): number {
  return Math.round(amount * (POWERS[decimals] ?? 1))
}

/** The amount that so many of its smallest units are. */
export function fromUnits(units: number, decimals: number): number {
  const kept = Math.min(decimals, MOST_DECIMALS)
  const rounded = kept === decimals ? units : Math.round(units / (POWERS[decimals - kept] ?? 1))
  return rounded / (POWERS[kept] ?? 1) + 0 // no negative zero
}
