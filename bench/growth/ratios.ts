import { type Figure, spreadOf } from "../figures/figures.ts"

/** Something that grows, and what a POST costs with little and with much of it. */
export interface Growth {
  /** The name of its figures. */
  readonly name: string
  readonly small: number
  readonly large: number
}

/** CPU time of a POST with much, divided by that with little. */
export interface CostRatio {
  readonly growth: string
  readonly small: number
  readonly large: number
  /** Of edge, service and nats-server together. */
  readonly ratio: number
  readonly wanted: { readonly below: number }
  readonly reached: boolean
}

const LIMIT = 1.3
/** The gateway is left out: a screen more is a delivery more. */
const COUNTED = ["edge", "service", "nats"]

/** Of those growths that were measured with both. */
export function costRatios(growths: readonly Growth[], figures: readonly Figure[]): CostRatio[] {
  return growths.flatMap(({ name, small, large }) => {
    const [little, much] = [small, large].map((size) => micros(figures, name, size))
    if (little === undefined || much === undefined || little === 0) return []
    const ratio = Math.round((much / little) * 100) / 100
    return [{ growth: name, small, large, ratio, wanted: { below: LIMIT }, reached: ratio < LIMIT }]
  })
}

/** The system that a figure of a growth names. */
export function sizeName(size: number): string {
  return `with ${size.toLocaleString("en")}`
}

function micros(figures: readonly Figure[], name: string, size: number): number | undefined {
  const parts = COUNTED.flatMap((part) => spreadOf(figures, name, sizeName(size), `${part}CpuMicros`)?.median ?? [])
  return parts.length < COUNTED.length ? undefined : parts.reduce((sum, each) => sum + each, 0)
}
