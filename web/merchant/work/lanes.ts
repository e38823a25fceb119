import type { Basket, Profile } from "@shopwire/client"

/**
 * Where baskets are worked on: being filled, without activity for a while, checked out, abandoned.
 */
export const laneNames = ["active", "cold", "orders", "abandoned"] as const
export type LaneName = (typeof laneNames)[number]

/** What comes first in a lane: the latest activity, the longest wait, or the highest total. */
export const sortings = ["newest", "oldest", "value"] as const
export type Sorting = (typeof sortings)[number]

/** The ages from which a basket needs attention, in seconds; a shop sets them. */
export type Thresholds = Pick<Profile, "cold_after_s" | "abandoned_after_s">

/** How long a basket has waited, by the shop's thresholds. */
export type Urgency = "fresh" | "cold" | "late"

/** The baskets of each lane, in no order. A basket that changes lists may be in two of them for a moment. */
export function lanesOf(
  baskets: Iterable<Basket>,
  thresholds: Thresholds,
  now: number,
): Readonly<Record<LaneName, readonly Basket[]>> {
  const lanes: Record<LaneName, Basket[]> = { active: [], cold: [], orders: [], abandoned: [] }
  const seen = new Set<string>()
  for (const basket of baskets) {
    if (seen.has(basket.session_id)) continue
    seen.add(basket.session_id)
    lanes[laneOf(basket, thresholds, now)].push(basket)
  }
  return lanes
}

/** How many of these baskets the staff is done with. */
export function countDone(baskets: readonly Basket[]): number {
  return baskets.filter(({ done_by }) => done_by !== null).length
}

function laneOf(basket: Basket, thresholds: Thresholds, now: number): LaneName {
  if (basket.status === "checked_out") return "orders"
  if (isAbandoned(basket, thresholds, now)) return "abandoned"
  return urgencyOf(basket, thresholds, now) === "fresh" ? "active" : "cold"
}

/** Whether a basket counts as abandoned: by the shop's threshold, or because the service has closed it. */
export function isAbandoned(basket: Basket, thresholds: Thresholds, now: number): boolean {
  return basket.status === "idle" || (basket.status === "open" && urgencyOf(basket, thresholds, now) === "late")
}

/** Since when a basket waits: an order since its checkout, any other basket since its last activity. */
export function waitingSince({ status, checked_out_at, last_at }: Basket): string {
  return status === "checked_out" ? (checked_out_at ?? last_at) : last_at
}

export function urgencyOf(basket: Basket, { cold_after_s, abandoned_after_s }: Thresholds, now: number): Urgency {
  const waitedS = (now - Date.parse(waitingSince(basket))) / 1000
  if (waitedS >= abandoned_after_s) return "late"
  return waitedS >= cold_after_s ? "cold" : "fresh"
}

/** A lane in order. Equal ones keep an order of their own, so that no card jumps. */
export function sorted(baskets: readonly Basket[], sorting: Sorting): readonly Basket[] {
  const since = (basket: Basket) => Date.parse(waitingSince(basket))
  const compare: Record<Sorting, (a: Basket, b: Basket) => number> = {
    newest: (a, b) => since(b) - since(a),
    oldest: (a, b) => since(a) - since(b),
    value: (a, b) => b.total - a.total,
  }
  return baskets.toSorted((a, b) => compare[sorting](a, b) || (a.session_id < b.session_id ? -1 : 1))
}
