import { z } from "zod"
import { Annotations } from "./annotations.ts"

/** One product in a basket; texts and price are those of the last ADD. */
export const BasketLine = z.object({
  product_id: z.int(),
  product_name: z.string(),
  UPC: z.string(),
  category_id: z.string(),
  quantity: z.int().min(1),
  unit_price: z.number(),
  line_total: z.number(),
})
export type BasketLine = Readonly<z.infer<typeof BasketLine>>

/** A basket as people see it. */
export const Basket = z.object({
  session_id: z.string(),
  shopper_id: z.string(),
  status: z.enum(["open", "checked_out", "idle"]),
  /** Null while the basket is not checked out. */
  checked_out_at: z.iso.datetime().nullable(),
  /** Sequence of the CHECKOUT, the order's number. */
  checkout_seq: z.int().nullable(),
  lines: z.array(BasketLine).readonly(),
  item_count: z.int(),
  /** Of the lines. */
  total: z.number(),
  /** As last sent. */
  basket_total: z.number(),
  /** The app sent a higher total than the lines make. */
  drift: z.boolean(),
  /** Since the basket was opened. */
  events: z.int(),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  last_action: z.string(),
  last_seq: z.int(),
  acknowledged_by: z.string().nullable(),
  acknowledged_at: z.iso.datetime().nullable(),
  /** Who of the staff has completed the work on it; null: nobody, or it was reopened. */
  done_by: z.string().nullable(),
  done_at: z.iso.datetime().nullable(),
  /** The shared session that it belongs to. */
  shared_session: z.string().optional(),
  annotations: Annotations.optional(),
})
export type Basket = Readonly<z.infer<typeof Basket>>
