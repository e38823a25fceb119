import type { Day } from "@shopwire/client"

/** The figures of some days, or of a part of a day. Amounts are exact decimals. */
export interface Totals {
  readonly orders: number
  readonly sales: number
}

export interface DayTotals extends Totals {
  readonly baskets: number
  readonly abandoned: number
  readonly abandonedValue: number
}

/** As many decimals as the service uses. */
const DECIMALS = 8

/** The sum of amounts, without the error of binary fractions: 0.1 + 0.2 is 0.3. */
export function exactSum(amounts: readonly number[]): number {
  const sum = amounts.reduce((units, amount) => units + BigInt(amount.toFixed(DECIMALS).replace(".", "")), 0n)
  const digits = `${sum < 0n ? -sum : sum}`.padStart(DECIMALS + 1, "0")
  return Number(`${sum < 0n ? "-" : ""}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`)
}

export function totalsOf(days: readonly Day[]): DayTotals {
  const count = (of: (day: Day) => number): number => days.reduce((sum, day) => sum + of(day), 0)
  return {
    orders: count(({ orders }) => orders),
    sales: exactSum(days.map(({ sales }) => sales)),
    baskets: count(({ baskets }) => baskets),
    abandoned: count(({ abandoned }) => abandoned),
    abandonedValue: exactSum(days.map(({ abandoned_value }) => abandoned_value)),
  }
}

/** A day's orders before a time of its own clock, as `14:05`: of the slices that begin before it. */
export function totalsBefore({ slices }: Day, time: string): Totals {
  const earlier = slices.filter(({ at }) => at < time)
  return {
    orders: earlier.reduce((sum, { orders }) => sum + orders, 0),
    sales: exactSum(earlier.map(({ sales }) => sales)),
  }
}

/** The start of the five minutes that a time such as `14:03` is in: `14:00`. Earlier slices are complete. */
export function sliceStart(time: string): string {
  const [hour = "00", minute = "00"] = time.split(":")
  return `${hour}:${String(Math.floor(Number(minute) / 5) * 5).padStart(2, "0")}`
}

/** The totals of each hour of a day's clock, 0 to 23. */
export function hoursOf({ slices }: Day): readonly Totals[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const start = String(hour).padStart(2, "0")
    const own = slices.filter(({ at }) => at.startsWith(`${start}:`))
    return { orders: own.reduce((sum, { orders }) => sum + orders, 0), sales: exactSum(own.map(({ sales }) => sales)) }
  })
}

/** By which part something has grown, as 0.12 for 12 %; undefined if there was nothing before. */
export function growth(now: number, before: number): number | undefined {
  return before === 0 ? undefined : (now - before) / before
}

export interface SoldProduct {
  readonly product_id: number
  readonly product_name: string
  readonly sold: number
  readonly value: number
}

/**
 * The products that sold for most on some days. Each day names its ten best only, so of several days it is the sum of those: exact
 * for one day.
 */
export function topProducts(days: readonly Day[], most: number): readonly SoldProduct[] {
  const all = new Map<number, { name: string; sold: number; values: number[] }>()
  for (const { top_products } of days) {
    for (const { product_id, product_name, sold, value } of top_products) {
      const known = all.get(product_id) ?? { name: product_name, sold: 0, values: [] }
      all.set(product_id, { name: product_name, sold: known.sold + sold, values: [...known.values, value] })
    }
  }
  return [...all]
    .map(([product_id, { name, sold, values }]) => ({
      product_id,
      product_name: name,
      sold,
      value: exactSum(values),
    }))
    .filter(({ sold }) => sold > 0)
    .sort((a, b) => b.value - a.value || b.sold - a.sold)
    .slice(0, most)
}
