import { pricedLines } from "./cart.ts"
import { fromUnits, sum, times, toUnits } from "./money.ts"
import type { Split } from "./session-status.ts"

/** One member's part of the total. Amounts are in the shop's currency. */
export interface MemberTotal {
  /** The customerId. */
  readonly customer: string
  readonly name: string
  /** Pieces in the cart. */
  readonly items: number
  /** What the cart costs. */
  readonly cart: number
  /** What the member pays of the total. */
  readonly share: number
}

/** What all carts cost together, and who pays how much. The shares add up to the total, and so do the carts. */
export interface GroupTotal {
  /** An ISO 4217 code; null: not known. */
  readonly currency: string | null
  /** Those of every amount here. */
  readonly decimals: number
  readonly total: number
  /** In the order in which members are shown. */
  readonly members: readonly MemberTotal[]
  /** How many of the first members pay one smallest unit, such as a cent, more than the others. */
  readonly rounding: number
  /** The customerIds of those whose carts have something without a readable price, which is not in the total. */
  readonly unreadable: readonly string[]
}

/** A cart, and whose it is. */
export interface OwnedCart {
  readonly customer: string
  readonly name: string
  readonly content: unknown
}

/** What is read from one cart. */
interface Reckoning {
  readonly items: number
  readonly amount: number
  readonly isReadable: boolean
}

/** Without a currency: most currencies have two decimals, none has more than three. */
const [USUAL_DECIMALS, MOST_DECIMALS] = [2, 3]
/** Most smallest units of a cart: with more, sums of carts would not be exact. */
const MAX_UNITS = 1e14

/**
 * What carts cost together. Each cart is summed up exactly, then rounded to the decimals of the currency; without a currency to two
 * decimals, or to three if a cart has more than two. Split evenly, the shares differ by at most one smallest unit, and the first ones
 * pay it.
 *
 * @param carts in the order in which members are shown
 * @param currency an ISO 4217 code; null: not known
 */
export function groupTotal(carts: readonly OwnedCart[], split: Split, currency: string | null): GroupTotal {
  const reckonings = carts.map(({ content }) => reckon(content))
  const decimals = currency === null ? decimalsFor(reckonings) : decimalsOfCurrency(currency)
  const exact = reckonings.map(({ amount }) => toUnits(amount, decimals))
  const units = exact.map((amount) => (Math.abs(amount) <= MAX_UNITS ? amount : 0))
  const total = units.reduce((all, amount) => all + amount, 0)
  const base = Math.floor(total / Math.max(carts.length, 1))
  const rounding = split === "evenly" ? total - base * carts.length : 0
  return {
    currency,
    decimals,
    total: fromUnits(total, decimals),
    members: carts.map(({ customer, name }, i) => ({
      customer,
      name,
      items: reckonings[i]?.items ?? 0,
      cart: fromUnits(units[i] ?? 0, decimals),
      share: fromUnits(split === "evenly" ? base + (i < rounding ? 1 : 0) : (units[i] ?? 0), decimals),
    })),
    rounding,
    unreadable: carts.flatMap(({ customer }, i) =>
      reckonings[i]?.isReadable && exact[i] === units[i] ? [] : [customer],
    ),
  }
}

const known = new WeakMap<object, Reckoning>()

/** Read once for each cart: unchanged carts stay the same objects. */
function reckon(content: unknown): Reckoning {
  const isObject = typeof content === "object" && content !== null
  const reckoning = (isObject ? known.get(content) : undefined) ?? read(content)
  if (isObject) known.set(content, reckoning)
  return reckoning
}

function read(content: unknown): Reckoning {
  const lines = pricedLines(content)
  const readable = lines?.filter((line) => line !== undefined) ?? []
  return {
    items: sum(readable.map(({ quantity }) => quantity)),
    amount: sum(readable.map(({ price, quantity }) => times(price, quantity))),
    isReadable: readable.length === lines?.length,
  }
}

function decimalsFor(reckonings: readonly Reckoning[]): number {
  const isUsual = ({ amount }: Reckoning): boolean =>
    fromUnits(toUnits(amount, USUAL_DECIMALS), USUAL_DECIMALS) === amount
  return reckonings.every(isUsual) ? USUAL_DECIMALS : MOST_DECIMALS
}

function decimalsOfCurrency(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency })
  return format.resolvedOptions().maximumFractionDigits ?? USUAL_DECIMALS
}
