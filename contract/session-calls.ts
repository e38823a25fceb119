import { z } from "zod"
import { MAX_CART_LEVELS, MAX_ORDER_REF } from "./limits.ts"
import { nestsDeeper } from "./nesting.ts"
import { isRecord } from "./record.ts"
import { isSessionId, SESSION_ID, SESSION_ID_RULE } from "./session-id.ts"
import { ClientKind } from "./session-members.ts"
import { Split } from "./session-status.ts"
import { shownName, wellFormed } from "./text.ts"

export const SessionId = z
  .string("expected a string")
  .refine(isSessionId, `expected ${SESSION_ID_RULE}`)
  .meta({ pattern: SESSION_ID.source })

export const customerId = z.string("expected a string").regex(/^[A-Za-z0-9_-]{1,64}$/, "expected a customerId")

export const customerName = shownName
  .max(100, "expected at most 100 characters")
  .regex(/^\P{Cc}*$/u, "expected no control characters")

export const inviteText = z.string("expected a string").max(500, "expected an invitation")

/** Params of `start` and `join`. */
export const Introduction = z.object(
  {
    customerName,
    invite: inviteText.optional(),
    // Old clients may send anything here.
    client: ClientKind.catch("other").default("other"),
  },
  "expected a JSON object",
)

/** Params of `look`. */
export const Look = z.object({ invite: inviteText.optional() }, "expected a JSON object").prefault({})

const [MAX_INVITE_SECONDS, DEFAULT_INVITE_SECONDS] = [30 * 24 * 60 * 60, 24 * 60 * 60]
const [MAX_INVITE_USES, DEFAULT_INVITE_USES] = [1000, 50]

/** Params of `createInvite`: for how long it counts, for how many, and whether it ends all earlier invitations. */
export const Invitation = z
  .object(
    {
      expiresInSeconds: wholeNumber(MAX_INVITE_SECONDS).default(DEFAULT_INVITE_SECONDS),
      maxUses: wholeNumber(MAX_INVITE_USES).default(DEFAULT_INVITE_USES),
      replace: z.boolean("expected true or false").default(false),
    },
    "expected a JSON object",
  )
  .prefault({})

/** Params of `updateCart`. */
export const CartUpdate = z.object(
  // Not a copy: what comes out must be what came in.
  {
    customerId,
    cartContent: wellFormed(
      z
        .custom<object>(isRecord, "expected a JSON object")
        .refine((cart) => !nestsDeeper(cart, MAX_CART_LEVELS), `expected at most ${MAX_CART_LEVELS} levels`),
    ),
  },
  "expected a JSON object",
)

/** Params of `customerReadyToCheckout`. */
export const ReadyUpdate = z.object(
  {
    customerId,
    customerReadyToCheckout: z.boolean("expected true or false"),
    keepWish: z.boolean("expected true or false").default(false),
    /** The version of the cart that the customer has seen. Old clients send none. */
    version: z.string("expected a string").max(100, "expected a cart's version").optional(),
  },
  "expected a JSON object",
)

/** Params of `setIdle`. */
export const IdleUpdate = z.object({ customerId, idle: z.boolean("expected true or false") }, "expected a JSON object")

/** Params of `nudge`: `to` is asked whether it is ready. */
export const Nudge = z.object({ customerId, to: customerId }, "expected a JSON object")

/** Params of `resume`. */
export const Resumption = z.object(
  { customerId, resumeToken: z.string("expected a string").max(200) },
  "expected a JSON object",
)

/** Params of `keepAlive`. */
export const KeepAlive = z.object({ cids: z.array(z.string().max(100)).max(1000).default([]) }).prefault({})

/** Params of `setDeadline`; null: no deadline. */
export const DeadlineUpdate = z.object(
  {
    at: z.iso.datetime({ offset: true, error: "expected an ISO 8601 date-time with offset or Z, or null" }).nullable(),
  },
  "expected a JSON object",
)

/** Params of `setSplit`. */
export const SplitUpdate = z.object({ split: Split }, "expected a JSON object")

const order_ref = shownName
  .max(MAX_ORDER_REF, `expected at most ${MAX_ORDER_REF} characters`)
  .regex(/^\P{Cc}*$/u, "expected no control characters")

/** Params of `completeCheckout`: the shop's number of the order. */
export const Order = z.object({ order_ref: order_ref.optional() }, "expected a JSON object").prefault({})

/** Params of `leave`, `kick` and `beginCheckout`. */
export const CustomerRef = z.object({ customerId }, "expected a JSON object")

function wholeNumber(max: number) {
  const expected = `expected a whole number from 1 to ${max}`
  return z.int(expected).min(1, expected).max(max, expected)
}
