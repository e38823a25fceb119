import fc from "fast-check"
import { BasketTask } from "../../contract/basket-work.ts"
import { type PublishEvent, samplePublishEvent } from "../../contract/publish-event.ts"
import { multicart } from "../../contract/session.ts"

/** A shop and a session that somebody watches, and a text that only what is theirs has. */
export interface Side {
  readonly shopId: string
  /** Of a basket. */
  readonly basketId: string
  readonly sessionId: string
  readonly marker: string
}

/** Two that must never see anything of each other. */
export const sides: readonly [Side, Side] = [
  {
    shopId: "0a000000-0000-4000-8000-00000000000a",
    basketId: "0a111111-1111-4111-8111-11111111111a",
    sessionId: "fuzz-session-A",
    marker: "only-A",
  },
  {
    shopId: "0b000000-0000-4000-8000-00000000000b",
    basketId: "0b222222-2222-4222-8222-22222222222b",
    sessionId: "fuzz-session-B",
    marker: "only-B",
  },
]

export const anySide: fc.Arbitrary<Side> = fc.constantFrom(...sides)

/** A text that somebody might choose to break something. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    ".",
    "..",
    "*",
    ">",
    "$",
    "__proto__",
    "constructor",
    "toString",
    "null",
    "undefined",
    "NaN",
    "-1",
    "1e999",
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{7*7}}",
    "\u0000",
    "\ud800",
    "\r\nX: y",
    "a".repeat(5000),
    "🛒".repeat(300),
  ),
)

/** Any JSON value, or something near to one that is expected. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  oddText,
  fc.constantFrom(
    null,
    true,
    -0,
    1e308,
    2 ** 53,
    0.1,
    [],
    {},
    [[]],
    { length: -1 },
    { toJSON: 1 },
    { $gt: "" },
    { rid: "a" },
  ),
)

/** Something valid of a side, of which nothing or a few members are changed; the members that tell the side stay. */
function changed<T extends object>(valid: T, keep: readonly (keyof T)[]): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(valid).filter((name) => !keep.includes(name as keyof T))
  const change = fc.oneof(oddValue, fc.constant(undefined))
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({ ...valid } as Record<string, unknown>) },
    {
      weight: 3,
      arbitrary: fc
        .dictionary(fc.oneof(fc.constantFrom(...names), oddText), change, { maxKeys: 3 })
        .map((changes) => ({ ...valid, ...changes, ...pick(valid, keep) })),
    },
  )
}

function pick<T extends object>(value: T, names: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(names.map((name) => [name, value[name]])) as Partial<T>
}

function eventOf({ shopId, basketId, marker }: Side): PublishEvent {
  return { ...samplePublishEvent, shop_id: shopId, session_id: basketId, product_name: marker, category_id: marker }
}

/** A publish event of a side, whole or broken. */
export const oddEvent: fc.Arbitrary<unknown> = anySide.chain((side) =>
  changed(eventOf(side), ["shop_id", "product_name"]),
)

/** A producer, whole or broken, that may have been used before. */
const oddProducer = changed({ id: "8c0f2b60-0f7a-11ee-be56-0242ac120002", epoch: 0, seq: 1 }, [])

/** A shared session and who joins it, whole or broken; nobody has started it. */
const oddSharing = changed({ session: "party~1", name: "Dan", invite: "a.b" }, [])

/** What somebody might publish: an event, an array, something with a key, or anything. */
export const oddPublication: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddEvent },
  { weight: 2, arbitrary: fc.array(oddEvent, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.record({ events: oddEvent, idempotency_key: fc.oneof(oddText, oddValue) }) },
  { weight: 1, arbitrary: fc.record({ events: oddEvent, producer: fc.oneof(oddProducer, oddValue) }) },
  { weight: 1, arbitrary: fc.record({ events: oddEvent, shared: fc.oneof(oddSharing, oddValue) }) },
  { weight: 1, arbitrary: oddValue },
)

/** Stand for what the sender was given by an earlier answer, if it was. */
export const OWN_CUSTOMER_ID = "own-customer-id"
export const OWN_RESUME_TOKEN = "own-resume-token"

/** Params of a session's call or of work on a basket, whole or broken. */
export function oddParams({ marker }: Side): fc.Arbitrary<unknown> {
  const valid = {
    customerName: marker,
    customerId: OWN_CUSTOMER_ID,
    cartContent: { note: marker },
    customerReadyToCheckout: true,
    resumeToken: OWN_RESUME_TOKEN,
    cids: ["a"],
    version: marker,
    split: "evenly",
    at: "2999-01-01T00:00:00Z",
    order_ref: marker,
    by: marker,
  }
  return fc.oneof(
    { weight: 4, arbitrary: changed(valid, ["customerName", "cartContent", "by"]) },
    { weight: 1, arbitrary: oddValue },
  )
}

const sessionMethods = Object.keys(multicart.definition.calls)

/** A part of a resource name: a known word, somebody's id, or anything. */
function oddPart({ shopId, basketId, sessionId }: Side): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      shopId,
      basketId,
      sessionId,
      "store",
      "session",
      "shopwire",
      "feed",
      "event",
      "baskets",
      "basket",
      "stats",
      "1",
    ),
    fc.constantFrom(
      "multicart",
      "cart",
      "health",
      "archive",
      "auth",
      shopId.toUpperCase(),
      "0",
      "-1",
      "99999999999999999999",
    ),
    oddText,
  )
}

/** A resource that there is, or nearly, with the method of a call and its params. */
export interface OddCall {
  readonly name: string
  readonly query: string
  readonly method: string
  readonly params: unknown
}

const oddQuery: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    "",
    "before=1",
    "before=5&limit=2",
    "before=999999999",
    "before=x",
    "limit=0",
    "before=1&before=2",
    "before=",
  ),
  oddText,
)

/** Something to get or call of a side's: mostly a method that there is, with params meant for it. */
export const oddCall: fc.Arbitrary<OddCall> = anySide.chain((side) => {
  const { shopId, basketId, sessionId } = side
  const call = (name: string, methods: readonly string[], params: fc.Arbitrary<unknown>): fc.Arbitrary<OddCall> =>
    fc.record({ name: fc.constant(name), query: fc.constant(""), method: fc.constantFrom(...methods), params })
  const name = fc.oneof(
    fc.constantFrom(
      `store.${shopId}.feed`,
      `store.${shopId}.event.1`,
      `store.${shopId}.baskets`,
      `store.${shopId}.basket.${basketId}`,
      `store.${shopId}.stats`,
      `store.${shopId}.profile`,
      `store.${shopId}.days`,
      `store.${shopId}.day.2026-03-29`,
      `session.${sessionId}.multicart`,
      `session.${sessionId}.cart.nobody`,
      "shopwire.health",
      "shopwire.archive",
      "shopwire.catalogue",
    ),
    fc.array(oddPart(side), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(".")),
  )
  const method = fc.oneof(fc.constantFrom("publish", ...BasketTask.options, "set", ...sessionMethods), oddText)
  return fc.oneof(
    { weight: 3, arbitrary: call(`store.${shopId}.feed`, ["publish"], oddPublication) },
    { weight: 1, arbitrary: call(`store.${shopId}.basket.${basketId}`, BasketTask.options, oddParams(side)) },
    { weight: 3, arbitrary: call(`session.${sessionId}.multicart`, sessionMethods, oddParams(side)) },
    {
      weight: 4,
      arbitrary: fc.record({ name, query: oddQuery, method, params: fc.oneof(oddParams(side), oddPublication) }),
    },
  )
})

/** JSON text, also of what has no JSON. */
export function asText(value: unknown): string {
  return JSON.stringify(value) ?? "undefined"
}
