import { z } from "zod"
import { MAX_CART_LEVELS } from "./limits.ts"
import { nestsDeeper } from "./nesting.ts"
import { isRecord } from "./record.ts"
import { customerId } from "./session-calls.ts"
import { wellFormed } from "./text.ts"

/** Levels of a cart above one of its items. */
const LEVELS_ABOVE = 2

const version = z.string("expected a string").max(100, "expected a cart's version")
const line = z.string("expected a string").regex(/^[A-Za-z0-9_-]{1,64}$/, "expected a line")

/** One line of a cart. */
export const CartLine = z.object({
  /** What stands in the cart's `items`. */
  item: z.custom<object>(isRecord),
  /** The member says that it is not theirs. */
  disowned: z.boolean(),
})

const item = wellFormed(
  z
    .custom<object>(isRecord, "expected a JSON object")
    .refine((value) => !nestsDeeper(value, MAX_CART_LEVELS - LEVELS_ABOVE), "expected fewer levels"),
)

/** Params of `setItem`. Without a `line`, the item becomes the last one. */
export const ItemUpdate = z.object(
  {
    customerId,
    version,
    item,
    line: line.optional(),
  },
  "expected a JSON object",
)

/** Params of `removeItem`. */
export const ItemRemoval = z.object({ customerId, version, line }, "expected a JSON object")

/** Params of `disown`. */
export const Disowning = z.object(
  { customerId, line, disowned: z.boolean("expected true or false") },
  "expected a JSON object",
)

/** Params of `offerItem`. */
export const ItemOffer = z.object({ customerId, to: customerId, item }, "expected a JSON object")

/** Params of `askForLine`: `from` has the line. */
export const LineRequest = z.object({ customerId, from: customerId, line }, "expected a JSON object")

/** Params of `answerOffer`. */
export const OfferAnswer = z.object(
  {
    customerId,
    offer: z.string("expected a string").max(100, "expected an offer"),
    accept: z.boolean("expected true or false"),
  },
  "expected a JSON object",
)
