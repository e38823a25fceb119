import { z } from "zod"
import { SessionId } from "./session-calls.ts"
import { text } from "./text.ts"

/** A UUID version 4, in any case; lower case from here on. */
export const uuidV4 = z.uuidv4("expected a UUID version 4").transform((id) => id.toLowerCase())

/** The same, with dashes or without; with them from here on. */
const anyUuidV4 = z.preprocess(withDashes, uuidV4)

/** A UUID that is written without dashes, with them; anything else as it is. */
export function withDashes(value: unknown): unknown {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/i.test(value)) return value
  return value.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

// JSON knows no Infinity, but 1e999 parses to it, and an integer beyond 2^53 would be changed silently.
const number = z
  .number("expected a number")
  .refine((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER, "expected a number of at most 2^53 - 1 in size")
  .meta({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })

const integer = number.refine(Number.isInteger, "expected an integer").meta({ type: "integer" })

export const ShopId = anyUuidV4
export const ShopperId = anyUuidV4
/** The `session_id` of an event, which names a basket. */
export const BasketId = anyUuidV4

/** True for a shop ID as it stands in resource names and subjects: a UUID version 4 in lower case. */
export function isShopId(part: string): boolean {
  return z.regexes.uuid4.test(part) && part === part.toLowerCase()
}

/** True for a basket's session ID as it stands in resource names: as a shop ID. */
export function isBasketId(part: string): boolean {
  return isShopId(part)
}

/**
 * A basket action, as it stands in the log, and as a customer's app POSTs it (`LaxEvent` has what else is taken): exactly these
 * twelve fields, all required; unknown ones are dropped. Source: design.md, "HTTP".
 */
export const PublishEvent = z.object(
  {
    session_id: uuidV4,
    shop_id: uuidV4,
    shopper_id: uuidV4,
    action_id: integer,
    /** ISO 8601 with offset or Z, kept verbatim. */
    create_time: z.iso.datetime({ offset: true, error: "expected an ISO 8601 date-time with offset or Z" }),
    /** "ADD", "REMOVE", "CHECKOUT", or anything else. */
    action: text,
    product_name: text,
    product_id: integer,
    product_price: number,
    UPC: text,
    category_id: text,
    basket_total: number,
  },
  "expected a JSON object",
)
export type PublishEvent = z.infer<typeof PublishEvent>

/** The sample that docs, tests and the launcher use. */
export const samplePublishEvent: PublishEvent = {
  session_id: "4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94",
  shop_id: "123e4567-e89b-42d3-a456-426614174000",
  shopper_id: "ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94",
  action_id: 101,
  create_time: "2023-12-18T10:30:00.000Z",
  action: "ADD",
  product_name: "FUJI Apples",
  product_id: 500100,
  product_price: 3.5,
  UPC: "042100005264",
  category_id: "fruit",
  basket_total: 12.18,
}

/** A caller's `Idempotency-Key`: 1 to 255 printable ASCII characters. */
export const IdempotencyKey = z.string().regex(/^[\x20-\x7e]{1,255}$/, "expected 1 to 255 printable ASCII characters")

/**
 * An event of the log as people see it: `seq` is its sequence in the log, `received_at` the time the log got it. `late`: its producer
 * had stored what happened after it before. `shared_session`: the shared session that its basket belongs to from then on; null: to none.
 */
export const ShownEvent = PublishEvent.extend({
  seq: z.int().min(1),
  received_at: z.iso.datetime(),
  late: z.literal(true).optional(),
  shared_session: SessionId.nullable().optional(),
})
export type ShownEvent = Readonly<z.infer<typeof ShownEvent>>
