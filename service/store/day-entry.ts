import type { Day, DayProduct, Slice } from "../projections/day.ts"

/** Version of the format below and of the projection. An entry of another version is not used. */
const VERSION = 1

/** What a shop's days are made of: the log, by the time when its stream was made, and the time zone whose dates they have. */
export interface DayOrigin {
  readonly log: string
  readonly zone: string
}

type SliceRow = readonly [number: number, orders: number, sales: number]
type ProductRow = readonly [id: number, name: string, added: number, sold: number, value: number]

interface Entry extends DayOrigin, Omit<Day, "slices" | "products"> {
  readonly version: number
  readonly slices: readonly SliceRow[]
  readonly products: readonly ProductRow[]
}

/** Writes a day as an entry. */
export function writeDay({ slices, products, ...day }: Day, { log, zone }: DayOrigin): string {
  const entry: Entry = {
    version: VERSION,
    log,
    zone,
    ...day,
    slices: [...slices].map(([number, { orders, sales }]) => [number, orders, sales]),
    products: [...products].map(([id, { name, added, sold, value }]) => [id, name, added, sold, value]),
  }
  return JSON.stringify(entry)
}

/**
 * Reads an entry. Undefined: of another zone or version. The figures of an earlier log stay, but its sequences mean nothing in this one:
 * `seq` is 0 then.
 */
export function readDay(text: string, origin: DayOrigin): Day | undefined {
  const { version, log, zone, slices, products, ...day } = JSON.parse(text) as Entry
  if (version !== VERSION || zone !== origin.zone) return undefined
  return {
    ...day,
    seq: log === origin.log ? day.seq : 0,
    slices: new Map(slices.map(([number, orders, sales]): [number, Slice] => [number, { orders, sales }])),
    products: new Map(
      products.map(([id, name, added, sold, value]): [number, DayProduct] => [id, { name, added, sold, value }]),
    ),
  }
}
