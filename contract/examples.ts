import {
  type AnswerOf,
  type AnyContract,
  type MethodOf,
  type ParamsOf,
  type PartsOf,
  type QueryOf,
  type Reference,
  reference,
  type ValueOf,
} from "res-service/contract"
import type { Basket, BasketLine } from "./basket.ts"
import type { Day } from "./day.ts"
import { defaultProfile, type Profile } from "./profile.ts"
import { type ShownEvent, samplePublishEvent } from "./publish-event.ts"
import {
  cart,
  cartLine,
  cartLines,
  multicart,
  present,
  sessionMember,
  sessionMembers,
  sessionStatus,
} from "./session.ts"
import type { SessionMember } from "./session-members.ts"
import type { SessionStatus } from "./session-status.ts"
import { archive, auth, health, shoppers, type User } from "./shopwire.ts"
import {
  abandoned,
  basket,
  baskets,
  day,
  days,
  digest,
  event,
  feed,
  orders,
  profile,
  stats,
  watchers,
} from "./store.ts"

/** A request to a resource, and its answer. */
export interface Example {
  readonly contract: AnyContract
  readonly parts: Readonly<Record<string, string>>
  readonly kind: "get" | "call" | "auth"
  /** Of a call or auth request. */
  readonly method?: string
  readonly params?: unknown
  /** Of a get request. */
  readonly query?: unknown
  /** A get's content, as the contract types it; or what a method answers. */
  readonly answer: unknown
  /** Who sends it: one connection each. */
  readonly caller: Caller
}

export type Caller = "Ann" | "Bob"

/** What a get answers: a model's properties, or a collection's values. */
type ContentOf<C extends AnyContract> = C["kind"] extends "model" ? ValueOf<C> : readonly ValueOf<C>[]

const shop = { shop_id: samplePublishEvent.shop_id }
const basketParts = { ...shop, session_id: samplePublishEvent.session_id }
const session = { id: "demo" }

/** Examples have these where an answer has something that is made for it, or depends on the time. */
const at = "2026-03-01T10:00:00.000Z"
/** The day of the examples, and a time ahead: requests need present ones. */
export const [date, soon] = ["2026-03-01", "2026-03-02T12:00:00.000Z"]
const [ann, bob] = ["3kVb7Q0x_Tm1", "Zp8-u2LrW9aN"]
const [annsToken, bobsToken] = ["kM3yXo0aVq7sL1dE5rT9uB2c", "wQ8nJ4hG6fD0sA7pZ1xC3vB5"]
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"

const shown: ShownEvent = { ...samplePublishEvent, seq: 1, received_at: at }

const line: BasketLine = {
  product_id: 500100,
  product_name: "FUJI Apples",
  UPC: "042100005264",
  category_id: "fruit",
  quantity: 1,
  unit_price: 3.5,
  line_total: 3.5,
}

const open: Basket = {
  session_id: samplePublishEvent.session_id,
  shopper_id: samplePublishEvent.shopper_id,
  status: "open",
  checked_out_at: null,
  checkout_seq: null,
  lines: [line],
  item_count: 1,
  total: 3.5,
  basket_total: 12.18,
  drift: true,
  events: 1,
  first_at: at,
  last_at: at,
  last_action: "ADD",
  last_seq: 1,
  acknowledged_by: null,
  acknowledged_at: null,
  done_by: null,
  done_at: null,
}

const shopProfile: Profile = { ...defaultProfile, name: "Corner Shop", currency: "EUR", set: true }

const tea = { quantity: 2, product: { name: "Tea", price: 4.2 } }
const annsCart = { items: [tea] }
/** Versions of carts. */
export const [annsVersion, emptyCart, noItems] = ["YPmwEc_rWGbsjayv", "RBNvo1WzZ4oRRq0W", "7vRnQa38Op92KU07"]
export const teaLine = "5ux469"
export const [teaOffer, teaAsked] = ["hT3kW9sLq0VbXe2M", "u7YpR1cZ8dNfGa5J"]

export const sharedStatus: SessionStatus = {
  n: 4,
  phase: "shopping",
  everybody_ready: false,
  locked_by: null,
  locked_at: null,
  deadline: null,
  payer: null,
  checking_out_at: null,
  ordered_at: null,
  order_ref: null,
  split: "byCart",
  shop_id: null,
  currency: null,
  totals: {
    currency: null,
    decimals: 2,
    total: 8.4,
    members: [
      { customer: ann, name: "Ann", items: 2, cart: 8.4, share: 8.4 },
      { customer: bob, name: "Bob", items: 0, cart: 0, share: 0 },
    ],
    rounding: 0,
    unreadable: [],
  },
  offers: [],
  disowned: [],
}

/** Of the session with `sharedStatus`. */
export const annAsMember: SessionMember = {
  id: ann,
  name: "Ann",
  is_host: true,
  is_ready: false,
  version: annsVersion,
  presence: "here",
  since: at,
  client: "other",
  colour: 0,
  initials: "A",
  nudged_by: null,
  nudged_at: null,
}

const user: User = { user: "ann", name: "Eva", role: "admin", shops: [], expires_at: at }

/** Auth methods that only gateways call, with a client's headers: there is nothing that a client could send. */
export const methodsOfGateways: readonly string[] = ["renew", "header", "wsHeader"]

/** The last 60 minutes of a shop, in which nothing happened. */
const quietMinutes = Array.from({ length: 60 }, () => ({ at, events: 0, checkouts: 0, value: 0 }))

const today: Day = {
  date,
  time_zone: "UTC",
  starts_at: "2026-03-01T00:00:00.000Z",
  ends_at: "2026-03-02T00:00:00.000Z",
  orders: 0,
  sales: 0,
  items: 0,
  baskets: 1,
  abandoned: 0,
  abandoned_value: 0,
  events: 1,
  slices: [],
  top_products: [{ product_id: 500100, product_name: "FUJI Apples", added: 1, sold: 0, value: 0 }],
  seq: 1,
  as_of: at,
}

/**
 * One example of each get, call and auth request that a client may send, in an order in which each is answered as it stands here, in a
 * new product. Documents show them, and `test/integration/documents.test.ts` sends them all. A method may have further ones, which come
 * after its first.
 */
export const examples: readonly Example[] = [
  call("Ann", feed, shop, "publish", samplePublishEvent, { seq: 1 }),
  get(feed, shop, [shown]),
  get(event, { ...shop, seq: "1" }, shown),
  get(baskets, shop, [referenceTo(basket, basketParts)]),
  get(basket, basketParts, open),
  get(orders, shop, []),
  get(abandoned, shop, []),
  get(stats, shop, {
    events: 1,
    baskets_open: 1,
    baskets_checked_out: 0,
    value_open: 3.5,
    value_checked_out: 0,
    events_last_minute: 1,
    minutes: quietMinutes,
    top_products: [{ product_id: 500100, product_name: "FUJI Apples", added: 1 }],
    since: at,
  }),
  get(day, { ...shop, date }, today),
  get(days, shop, [referenceTo(day, { ...shop, date })]),
  get(days, shop, [referenceTo(day, { ...shop, date })], { from: date, to: date }),
  get(digest, shop, { seq: 1, at, feed: "1x5fk2c9a0b", baskets: [[open.session_id, "2k8v0q4m7zd"]] }),
  call("Ann", digest, shop, "report", { what: "feed", seq: 1 }, null),
  get(profile, shop, defaultProfile),
  call("Ann", profile, shop, "set", { name: "Corner Shop", currency: "EUR" }, shopProfile),
  call("Ann", basket, basketParts, "acknowledge", { by: "Eva" }, { seq: 2 }),
  call("Ann", basket, basketParts, "release", { by: "Eva" }, { seq: 3 }),
  call("Ann", basket, basketParts, "complete", { by: "Eva" }, { seq: 4 }),
  call("Ann", basket, basketParts, "reopen", { by: "Eva" }, { seq: 5 }),
  call("Ann", watchers, shop, "watch", { name: "Eva" }, { id: "b7Qx2fLw" }),
  get(watchers, shop, [{ id: "b7Qx2fLw", name: "Eva", since: at, presence: "here" }]),
  get(feed, shop, [shown], { before: "2", limit: "10" }),
  call("Ann", feed, shop, "read", { after: 0, limit: 10 }, { events: [shown], after: 5, end: true, log: "mi1x0f2a" }),

  call("Ann", multicart, session, "start", { customerName: "Ann" }, { n: 1, customerId: ann, resumeToken: annsToken }),
  call("Bob", multicart, session, "join", { customerName: "Bob" }, { n: 2, customerId: bob, resumeToken: bobsToken }),
  call("Ann", multicart, session, "updateCart", { customerId: ann, cartContent: annsCart }, { n: 3 }),
  call(
    "Bob",
    multicart,
    session,
    "customerReadyToCheckout",
    { customerId: bob, customerReadyToCheckout: true },
    { n: 4, isReadyToCheckout: true },
  ),
  get(multicart, session, ofBoth(cart)),
  get(present, session, ofBoth(cart)),
  get(
    cart,
    { ...session, customer: ann },
    { owner: { id: ann, name: "Ann", isHost: true, isReadyToCheckout: false }, content: annsCart },
  ),
  call("Bob", multicart, session, "look", {}, { host: "Ann" }),
  get(sessionStatus, session, sharedStatus),
  get(sessionMembers, session, ofBoth(sessionMember)),
  get(sessionMember, { ...session, customer: ann }, annAsMember),
  call("Ann", multicart, session, "setSplit", { split: "evenly" }, { n: 5 }),
  call("Ann", multicart, session, "setDeadline", { at: soon }, { n: 6 }),
  call("Ann", multicart, session, "lock", undefined, { n: 7 }),
  call("Ann", multicart, session, "unlock", undefined, { n: 8 }),
  call(
    "Ann",
    multicart,
    session,
    "customerReadyToCheckout",
    { customerId: ann, customerReadyToCheckout: true },
    { n: 9, isReadyToCheckout: true },
  ),
  call("Ann", multicart, session, "beginCheckout", { customerId: ann }, { n: 10 }),
  call("Ann", multicart, session, "cancelCheckout", undefined, { n: 11 }),
  call("Ann", multicart, session, "beginCheckout", { customerId: ann }, { n: 12 }),
  call("Ann", multicart, session, "completeCheckout", { order_ref: "1042" }, { n: 13 }),
  call("Ann", multicart, session, "shopAgain", undefined, { n: 14 }),
  call("Ann", multicart, session, "keepAlive", {}, null),
  call("Ann", multicart, session, "setIdle", { customerId: ann, idle: true }, { n: 15 }),
  call("Bob", multicart, session, "resume", { customerId: bob, resumeToken: bobsToken }, { n: 16 }),
  get(cartLines, { ...session, customer: ann }, [referenceTo(cartLine, { ...session, customer: ann, line: teaLine })]),
  get(cartLine, { ...session, customer: ann, line: teaLine }, { item: tea, disowned: false }),
  call(
    "Bob",
    multicart,
    session,
    "setItem",
    { customerId: bob, version: emptyCart, item: tea },
    { n: 17, version: annsVersion, line: teaLine },
  ),
  call("Bob", multicart, session, "disown", { customerId: bob, line: teaLine, disowned: true }, { n: 18 }),
  call(
    "Bob",
    multicart,
    session,
    "removeItem",
    { customerId: bob, version: annsVersion, line: teaLine },
    { n: 19, version: noItems },
  ),
  call("Ann", multicart, session, "offerItem", { customerId: ann, to: bob, item: tea }, { n: 20, offer: teaOffer }),
  call("Bob", multicart, session, "answerOffer", { customerId: bob, offer: teaOffer, accept: true }, { n: 21 }),
  call(
    "Bob",
    multicart,
    session,
    "askForLine",
    { customerId: bob, from: ann, line: teaLine },
    { n: 22, offer: teaAsked },
  ),
  call("Ann", multicart, session, "answerOffer", { customerId: ann, offer: teaAsked, accept: false }, { n: 23 }),
  call("Ann", multicart, session, "nudge", { customerId: ann, to: bob }, { n: 24 }),
  call("Ann", multicart, session, "createInvite", { maxUses: 2 }, { n: 24, invite: "b1J0s5V8kQ2x.7r3LwP9t" }),
  call("Ann", multicart, session, "kick", { customerId: bob }, { n: 25 }),
  call("Ann", multicart, session, "leave", { customerId: ann }, { n: 26 }),
  call("Ann", multicart, session, "lose", undefined, { n: 0 }),
  call("Ann", multicart, session, "disconnect", undefined, { n: 0 }),

  get(health, {}, { stream: "UPDATES", last_seq: 5 }),
  get(archive, {}, { archiving: false, waiting: 0, lag_ms: 0, dead_letters: 0 }),
  authenticate("Ann", auth, {}, "login", { token: jwt }, user),
  authenticate("Ann", auth, {}, "logout", undefined, null),
  call("Ann", auth, {}, "revoke", { user: "bob" }, null),
  call(
    "Ann",
    shoppers,
    {},
    "erase",
    { shopper_id: samplePublishEvent.shopper_id },
    {
      shops: 1,
      stream: 1,
      acknowledgements: 4,
      snapshots: 0,
      archive: null,
      annotations: 0,
      dead_letters: 0,
    },
  ),
]

function get<C extends AnyContract>(contract: C, parts: PartsOf<C>, answer: ContentOf<C>, query?: QueryOf<C>): Example {
  return { contract, parts, kind: "get", answer, query, caller: "Ann" }
}

function call<C extends AnyContract, M extends MethodOf<C>>(
  caller: Caller,
  contract: C,
  parts: PartsOf<C>,
  method: M,
  params: ParamsOf<C, M>,
  answer: AnswerOf<C, M>,
): Example {
  return { contract, parts, kind: "call", method, params, answer, caller }
}

function authenticate<C extends AnyContract, M extends MethodOf<C, "auth">>(
  caller: Caller,
  contract: C,
  parts: PartsOf<C>,
  method: M,
  params: ParamsOf<C, M, "auth">,
  answer: AnswerOf<C, M, "auth">,
): Example {
  return { contract, parts, kind: "auth", method, params, answer, caller }
}

function referenceTo<C extends AnyContract>(contract: C, parts: PartsOf<C>): Reference {
  return reference(contract.name(parts))
}

/** One reference for Ann and one for Bob. */
function ofBoth(contract: typeof cart | typeof sessionMember): Reference[] {
  return [ann, bob].map((customer) => reference(contract.name({ ...session, customer })))
}
