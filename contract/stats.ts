import { z } from "zod"

/** What happened in one minute. */
export const Minute = z.object({
  /** When it began. */
  at: z.iso.datetime(),
  events: z.int(),
  checkouts: z.int(),
  /** Of the baskets that were checked out. */
  value: z.number(),
})
export type Minute = Readonly<z.infer<typeof Minute>>

const TopProduct = z.object({ product_id: z.int(), product_name: z.string(), added: z.int() })

/** A shop's figures; totals cover the time since `since`, this hour of the clock and the 23 before it. Values are of the lines. */
export const Stats = z.object({
  events: z.int(),
  baskets_open: z.int(),
  baskets_checked_out: z.int(),
  value_open: z.number(),
  value_checked_out: z.number(),
  events_last_minute: z.int(),
  /** The last 60 whole minutes, oldest first. */
  minutes: z.array(Minute).readonly(),
  /** At most 10, the most often added first. */
  top_products: z.array(TopProduct).readonly(),
  since: z.iso.datetime(),
})
export type Stats = Readonly<z.infer<typeof Stats>>
