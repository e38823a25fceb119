import { z } from "zod"
import type { GroupTotal } from "./group-total.ts"
import { isRecord } from "./record.ts"

/** How the total is split: everyone pays its own cart, or all pay the same. */
export const Split = z.enum(["byCart", "evenly"], 'expected "byCart" or "evenly"')
export type Split = z.infer<typeof Split>

/**
 * What friends in a session may do now.
 * - `shopping`: change their carts
 * - `locked`: get ready and check out; the carts stay as they are
 * - `checkingOut`: wait for the member who pays
 * - `ordered`: look at what was ordered
 */
export const Phase = z.enum(["shopping", "locked", "checkingOut", "ordered"])
export type Phase = z.infer<typeof Phase>

/** What all carts cost together, and who pays how much: see `groupTotal`. */
const Totals = z.object({
  currency: z.string().nullable(),
  decimals: z.int(),
  total: z.number(),
  members: z
    .array(
      z.object({
        customer: z.string(),
        name: z.string(),
        items: z.number(),
        cart: z.number(),
        share: z.number(),
      }),
    )
    .readonly(),
  rounding: z.int(),
  unreadable: z.array(z.string()).readonly(),
}) satisfies z.ZodType<GroupTotal>

/** A member asks another one: see `offerItem` and `askForLine` of the multicart. */
const Offer = z.object({
  id: z.string(),
  /** `add`: `by` offers the item for the cart of `to`. `move`: `by` asks for a line of the cart of `to`. */
  type: z.enum(["add", "move"]),
  by: z.string(),
  /** Who answers. */
  to: z.string(),
  item: z.custom<object>(isRecord),
  /** Null for `add`. */
  line: z.string().nullable(),
  at: z.iso.datetime(),
})
export type Offer = Readonly<z.infer<typeof Offer>>

const instant = z.iso.datetime().nullable()

/** What all members share, beside their carts. Instants are the server's. A session that nobody uses has the phase `shopping`. */
export const SessionStatus = z.object({
  /** That of the last change; 0: nobody uses the session. */
  n: z.int(),
  phase: Phase,
  /** Several members are present, and all of them are ready. Absent members do not count. */
  everybody_ready: z.boolean(),
  /** Null: not locked. */
  locked_by: z.enum(["host", "deadline"]).nullable(),
  locked_at: instant,
  /** When the carts are locked. A deadline that has passed stays until the carts are unlocked. */
  deadline: instant,
  /** The member who pays, or has paid. */
  payer: z.string().nullable(),
  checking_out_at: instant,
  ordered_at: instant,
  /** The shop's number of the order, if the payer has said it. */
  order_ref: z.string().nullable(),
  split: Split,
  /** The shop whose currency counts, as the host has named it. */
  shop_id: z.string().nullable(),
  /** The shop's, an ISO 4217 code; null: not known. */
  currency: z.string().nullable(),
  /** Null: nobody uses the session. */
  totals: Totals.nullable(),
  /** Those that are not answered yet. */
  offers: z.array(Offer).readonly(),
  /** The lines that are not theirs, as their members say. */
  disowned: z.array(z.object({ customer: z.string(), line: z.string() })).readonly(),
})
export type SessionStatus = Readonly<z.infer<typeof SessionStatus>>
