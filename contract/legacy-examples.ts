import {
  annAsMember,
  annsVersion,
  emptyCart,
  noItems,
  sharedStatus,
  soon,
  teaAsked,
  teaLine,
  teaOffer,
} from "./examples.ts"
import type { ClientPayloads, ServerPayloads } from "./legacy.ts"

/** A message of the old protocol. */
export type Message<P> = { readonly [E in keyof P]: { readonly event: E; readonly payload: P[E] } }[keyof P]

/** A message that a page sends, and what it is told then. */
export interface LegacyExample {
  /** Whose page: one socket each. */
  readonly page: string
  readonly sends: Message<ClientPayloads>
  readonly answer: Message<ServerPayloads>
  /** What another page is told. */
  readonly other?: { readonly page: string; readonly told: Message<ServerPayloads> }
}

/** The events with a payload. */
type EventWith<P, T> = { [E in keyof P]: P[E] extends T ? E : never }[keyof P]

const [ann, bob] = ["3kVb7Q0x_Tm1", "Zp8-u2LrW9aN"]
const bobsToken = "wQ8nJ4hG6fD0sA7pZ1xC3vB5"

const tea = { quantity: 2, product: { name: "Tea", price: 4.2 } }
const cart = { items: [tea] }

function owner(id: string, name: string, isHost: boolean, isReadyToCheckout: boolean) {
  return { id, name, isHost, isReadyToCheckout }
}

/** A message without a payload. */
function just<E extends EventWith<ClientPayloads, undefined>>(event: E) {
  return { event, payload: undefined }
}

/** An answer that says only that it was done. */
function done<E extends EventWith<ServerPayloads, Record<string, never>>>(event: E) {
  return { event, payload: {} }
}

/**
 * An example of each message of the old protocol, in an order in which each is answered as it stands here, in a new session.
 * `/asyncapi.json` shows them, and `test/integration/documents.test.ts` sends them all.
 */
export const legacyExamples: readonly LegacyExample[] = [
  {
    page: "Ann",
    sends: { event: "startSession", payload: { customerName: "Ann" } },
    answer: { event: "startSession", payload: { customerId: ann, resumeToken: "kM3yXo0aVq7sL1dE5rT9uB2c" } },
  },
  {
    page: "Bob",
    sends: { event: "joinSession", payload: { customerName: "Bob" } },
    answer: { event: "joinSession", payload: { customerId: bob, resumeToken: bobsToken } },
  },
  {
    page: "Ann",
    sends: { event: "ping", payload: undefined },
    answer: { event: "ping", payload: { isLive: true } },
  },
  {
    page: "Ann",
    sends: { event: "updateCart", payload: { customerId: ann, cartContent: cart } },
    answer: {
      event: "multicartUpdate",
      payload: {
        multicartContent: [
          { owner: owner(ann, "Ann", true, false), content: cart },
          { owner: owner(bob, "Bob", false, false), content: {} },
        ],
      },
    },
  },
  {
    page: "Bob",
    sends: { event: "customerReadyToCheckout", payload: { customerId: bob, customerReadyToCheckout: true } },
    answer: {
      event: "multicartUpdate",
      payload: {
        multicartContent: [
          { owner: owner(ann, "Ann", true, false), content: cart },
          { owner: owner(bob, "Bob", false, true), content: {} },
        ],
      },
    },
  },
  // For new pages: what the group agrees on.
  {
    page: "Ann",
    sends: just("watchStatus"),
    answer: {
      event: "sessionStatus",
      payload: {
        status: sharedStatus,
        members: [
          { ...annAsMember, client: "storefront" },
          {
            id: bob,
            name: "Bob",
            is_host: false,
            is_ready: true,
            version: "RBNvo1WzZ4oRRq0W",
            presence: "here",
            since: annAsMember.since,
            client: "storefront",
            colour: 1,
            initials: "B",
            nudged_by: null,
            nudged_at: null,
          },
        ],
      },
    },
  },
  {
    page: "Eve",
    sends: { event: "lookSession", payload: {} },
    answer: { event: "lookSession", payload: { host: "Ann" } },
  },
  { page: "Ann", sends: { event: "setIdle", payload: { customerId: ann, idle: true } }, answer: done("setIdle") },
  { page: "Ann", sends: { event: "setIdle", payload: { customerId: ann, idle: false } }, answer: done("setIdle") },
  { page: "Ann", sends: { event: "setSplit", payload: { split: "evenly" } }, answer: done("setSplit") },
  { page: "Ann", sends: { event: "setDeadline", payload: { at: soon } }, answer: done("setDeadline") },
  { page: "Ann", sends: just("lockSession"), answer: done("lockSession") },
  { page: "Ann", sends: just("unlockSession"), answer: done("unlockSession") },
  {
    page: "Ann",
    sends: { event: "customerReadyToCheckout", payload: { customerId: ann, customerReadyToCheckout: true } },
    answer: {
      event: "multicartUpdate",
      payload: {
        multicartContent: [
          { owner: owner(ann, "Ann", true, true), content: cart },
          { owner: owner(bob, "Bob", false, true), content: {} },
        ],
      },
    },
  },
  { page: "Ann", sends: { event: "beginCheckout", payload: { customerId: ann } }, answer: done("beginCheckout") },
  { page: "Ann", sends: just("cancelCheckout"), answer: done("cancelCheckout") },
  { page: "Ann", sends: { event: "beginCheckout", payload: { customerId: ann } }, answer: done("beginCheckout") },
  {
    page: "Ann",
    sends: { event: "completeCheckout", payload: { order_ref: "1042" } },
    answer: done("completeCheckout"),
  },
  { page: "Ann", sends: just("shopAgain"), answer: done("shopAgain") },
  {
    page: "Bob",
    sends: { event: "setItem", payload: { customerId: bob, version: emptyCart, item: tea } },
    answer: { event: "setItem", payload: { version: annsVersion, line: teaLine } },
  },
  {
    page: "Bob",
    sends: { event: "disown", payload: { customerId: bob, line: teaLine, disowned: true } },
    answer: done("disown"),
  },
  {
    page: "Bob",
    sends: { event: "removeItem", payload: { customerId: bob, version: annsVersion, line: teaLine } },
    answer: { event: "removeItem", payload: { version: noItems } },
  },
  {
    page: "Ann",
    sends: { event: "offerItem", payload: { customerId: ann, to: bob, item: tea } },
    answer: { event: "offerItem", payload: { offer: teaOffer } },
  },
  {
    page: "Bob",
    sends: { event: "answerOffer", payload: { customerId: bob, offer: teaOffer, accept: false } },
    answer: done("answerOffer"),
  },
  {
    page: "Bob",
    sends: { event: "askForLine", payload: { customerId: bob, from: ann, line: teaLine } },
    answer: { event: "askForLine", payload: { offer: teaAsked } },
  },
  {
    page: "Ann",
    sends: { event: "answerOffer", payload: { customerId: ann, offer: teaAsked, accept: false } },
    answer: done("answerOffer"),
  },
  {
    page: "Ann",
    sends: { event: "nudge", payload: { customerId: ann, to: bob } },
    answer: done("nudge"),
  },
  {
    page: "Bob, another tab",
    sends: { event: "resumeSession", payload: { customerId: bob, resumeToken: bobsToken } },
    answer: { event: "resumeSession", payload: { customerId: bob } },
    other: { page: "Bob", told: { event: "speaking", payload: { customerId: bob, isSpeaking: false } } },
  },
  {
    page: "Ann",
    sends: { event: "createInvite", payload: { expiresInSeconds: 3600, maxUses: 5 } },
    answer: { event: "createInvite", payload: { invite: "b1J0s5V8kQ2x.7r3LwP9t" } },
  },
  {
    page: "Ann",
    sends: { event: "kick", payload: { customerId: bob } },
    answer: {
      event: "multicartUpdate",
      payload: { multicartContent: [{ owner: owner(ann, "Ann", true, false), content: cart }] },
    },
  },
  {
    page: "Ann",
    sends: { event: "kick", payload: { customerId: bob } },
    answer: {
      event: "error",
      payload: { code: "session.notMember", message: "There is no such customer in the session", event: "kick" },
    },
  },
  {
    page: "Ann",
    sends: { event: "leaveSession", payload: undefined },
    answer: { event: "leaveSession", payload: {} },
  },
]
