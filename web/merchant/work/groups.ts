import type { Basket } from "@shopwire/client"

/** The baskets of friends who shop together, at least two, by their shared session; who came first is first. */
export type Groups = ReadonlyMap<string, readonly Basket[]>

/** What a list shows in one place: a basket, or several of a group. */
export interface Row {
  /** Different from that of any other row. */
  readonly key: string
  readonly baskets: readonly Basket[]
  /** The whole group; undefined for the basket of a single shopper. */
  readonly group: readonly Basket[] | undefined
}

/** The groups among these baskets; one that comes twice counts once. */
export function groupsOf(baskets: Iterable<Basket>): Groups {
  const shared = new Map<string, Map<string, Basket>>()
  for (const basket of baskets) {
    const { shared_session, session_id } = basket
    if (shared_session === undefined) continue
    const group = shared.get(shared_session) ?? new Map<string, Basket>()
    shared.set(shared_session, group)
    if (!group.has(session_id)) group.set(session_id, basket)
  }
  const several = [...shared].filter(([, group]) => group.size > 1)
  return new Map(several.map(([session, group]) => [session, [...group.values()].toSorted(byArrival)]))
}

/** The group of a basket; undefined if it has none. */
export function groupOf({ shared_session }: Basket, groups: Groups): readonly Basket[] | undefined {
  return shared_session === undefined ? undefined : groups.get(shared_session)
}

/** Rows for a list: the baskets of a group are together, at the place of the first of them. */
export function rowsOf(baskets: readonly Basket[], groups: Groups): readonly Row[] {
  const rows: Row[] = []
  const shown = new Set<readonly Basket[]>()
  for (const basket of baskets) {
    const group = groupOf(basket, groups)
    if (group === undefined) rows.push({ key: basket.session_id, baskets: [basket], group })
    else if (!shown.has(group)) {
      shown.add(group)
      const together = baskets.filter((other) => groupOf(other, groups) === group)
      rows.push({ key: `group ${basket.shared_session}`, baskets: together, group })
    }
  }
  return rows
}

function byArrival(a: Basket, b: Basket): number {
  return Date.parse(a.first_at) - Date.parse(b.first_at) || (a.session_id < b.session_id ? -1 : 1)
}
