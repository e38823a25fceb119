import { type Filter, noFilter } from "./feed/filter.ts"
import { type LaneName, laneNames } from "./work/lanes.ts"

/** The view that the page's address names in its query; empty values name nothing. */
export interface Address extends Filter {
  readonly shop: string
  /** `wall`: the display for a wall. */
  readonly view: string
  readonly lane: LaneName
  /** The days whose sales are shown: empty for today, `7`, `30`, or `2026-11-01..2026-11-20`. */
  readonly period: string
  /** The session ID of the open basket. */
  readonly basket: string
}

/** An address that names nothing. */
export const emptyAddress: Address = { shop: "", view: "", lane: "active", period: "", basket: "", ...noFilter }

const names = Object.keys(emptyAddress) as readonly (keyof Address)[]

export function readAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const found = Object.fromEntries(names.map((name) => [name, query.get(name) ?? emptyAddress[name]])) as {
    [name in keyof Address]: string
  }
  return { ...found, lane: laneNames.find((name) => name === found.lane) ?? emptyAddress.lane }
}

/** The query of an address with some changes: `?shop=…`, or empty. Parameters of others stay as they are. */
export function changedSearch(search: string, change: Partial<Address>): string {
  const query = new URLSearchParams(search)
  for (const name of names) {
    const value = change[name]
    if (value === undefined) continue
    if (value === emptyAddress[name]) query.delete(name)
    else query.set(name, value)
  }
  return query.size === 0 ? "" : `?${query}`
}
