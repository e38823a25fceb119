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

const [ann, bob] = ["3kVb7Q0x_Tm1", "Zp8-u2LrW9aN"]
const bobsToken = "wQ8nJ4hG6fD0sA7pZ1xC3vB5"

const cart = { items: [{ quantity: 2, product: { name: "Tea", price: 4.2 } }] }

function owner(id: string, name: string, isHost: boolean, isReadyToCheckout: boolean) {
  return { id, name, isHost, isReadyToCheckout }
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
    sends: { event: "ping", payload: undefined },
    answer: { event: "ping", payload: { isLive: true } },
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
      payload: { code: "session.notMember", message: "There is no such customer in the session" },
    },
  },
  {
    page: "Ann",
    sends: { event: "leaveSession", payload: undefined },
    answer: { event: "leaveSession", payload: {} },
  },
]
