import type { Day, DayProduct, Slice } from "../projections/day.ts"

/** Version of the format below and of the projection. An entry of another version is not used. */
const VERSION = 1

type SliceRow = readonly [number: number, orders: number, sales: number]
type ProductRow = readonly [id: number, name: string, added: number, sold: number, value: number]

interface Entry extends Omit<Day, "slices" | "products"> {
  readonly version: number
  /** When the stream of `seq` was made. */
  readonly log: string
  readonly zone: string
  readonly slices: readonly SliceRow[]
  readonly products: readonly ProductRow[]
}

/** Writes a day as an entry. `log`: when the stream was made, `zone`: whose date it is. */
export function writeDay({ slices, products, ...day }: Day, log: string, zone: string): string {
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
export function readDay(text: string, log: string, zone: string): Day | undefined {
  const { version, log: ownLog, zone: ownZone, slices, products, ...day } = JSON.parse(text) as Entry
  if (version !== VERSION || ownZone !== zone) return undefined
  return {
    ...day,
    seq: ownLog === log ? day.seq : 0,
    slices: new Map(slices.map(([number, orders, sales]): [number, Slice] => [number, { orders, sales }])),
    products: new Map(
      products.map(([id, name, added, sold, value]): [number, DayProduct] => [id, { name, added, sold, value }]),
    ),
  }
}
