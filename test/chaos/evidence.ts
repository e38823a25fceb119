import type { ShownEvent } from "../../contract/publish-event.ts"
import type { SharedCart } from "../helpers/storefront.ts"

/** An event as far as it must be known: its place in the log, and `<producer>/<number>`, which no other event has. */
export interface StoredEvent {
  readonly seq: number
  readonly id: string
}

/** The event's producer is its shopper, and its number there is its `action_id`. */
export function storedEvent({ seq, shopper_id, action_id }: ShownEvent): StoredEvent {
  return { seq, id: `${shopper_id}/${action_id}` }
}

/** What somebody has read of a shop's history: a stream, an export, a page. */
export interface Reading {
  readonly reader: string
  /** Everything after this sequence had to come ... */
  readonly after: number
  /** ... at least up to this one. */
  readonly to: number
  /** What came, in its order. */
  readonly seqs: readonly number[]
}

export interface ShopEvidence {
  readonly shopId: string
  /** The log, oldest first. */
  readonly log: readonly StoredEvent[]
  /** The log's newest 100, newest first. */
  readonly newest: readonly ShownEvent[]
  /** A fresh get of the feed. */
  readonly feed: unknown
  /** What was answered with 200; each producer's events in their order. */
  readonly acknowledged: readonly StoredEvent[]
  readonly readings: readonly Reading[]
}

/** What somebody who watches a resource sees, and a fresh get of the same. */
export interface WatcherEvidence {
  readonly watcher: string
  readonly shows: unknown
  readonly fresh: unknown
}

/** A member of a session that takes part as far as it knows. It numbers the states of its cart. */
export interface MemberEvidence {
  readonly customerId: string
  readonly name: string
  /** The number of the last acknowledged cart, 0 if there is none. */
  readonly acknowledged: number
  /** The number of the last cart that was sent; it may be stored without an answer. */
  readonly sent: number
  /** Of a guest: its ready flag; undefined if it is not known, because an answer is missing. */
  readonly isReady: boolean | undefined
}

/** A member that was told that it is none. */
export interface ThrownOut {
  readonly name: string
  readonly code: string
  /** How long its edge or gateway was disturbed since it was last answered, in ms. */
  readonly doorAwayMs: number
}

export interface SessionEvidence {
  readonly id: string
  /** A fresh get of the multicart. */
  readonly carts: readonly SharedCart[]
  readonly members: readonly MemberEvidence[]
  /** IDs of members whose leaving was acknowledged. */
  readonly left: readonly string[]
  /** Names under which an entry was not answered. */
  readonly maybeIn: readonly string[]
  readonly thrownOut: readonly ThrownOut[]
}

/** What a run has seen, for the checker: plain data. */
export interface Evidence {
  readonly shops: readonly ShopEvidence[]
  readonly sessions: readonly SessionEvidence[]
  readonly watchers: readonly WatcherEvidence[]
  /** What clients complain of: a valid request that was refused for good, a message that they can't handle. */
  readonly complaints: readonly string[]
}
