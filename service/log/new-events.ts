import { createHash } from "node:crypto"
import type { Headers } from "res-service"
import { originHeaders } from "../../contract/request-origin.ts"
import { type NamedSession, SharedSession } from "../../contract/shared-session.ts"
import { sharedSessionHeaders } from "../../contract/shared-session-headers.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { MessageHeader } from "../jetstream/consumption.ts"
import { hashOf } from "./content-hash.ts"

const SHARED_SESSION = sharedSessionHeaders.session

/** Events of one shop to store: all of them, or none. */
export interface NewEvents {
  /** Each event as JSON. */
  readonly payloads: readonly string[]
  /** The session that each event names. Undefined: none names one. */
  readonly sharedSessions?: readonly NamedSession[] | undefined
  /** The headers by which the request that stores them can be followed: see `originOf`. */
  readonly origin?: Headers | undefined
}

/** The hash of a request's events. */
export function contentHash({ payloads, sharedSessions }: NewEvents): string {
  // JSON has no undefined.
  const named = sharedSessions?.map((session) => (session === undefined ? 0 : session))
  return hashOf(createHash("sha256"), ...payloads, ...(named === undefined ? [] : [JSON.stringify(named)]))
}

/** What the message of an event has in its headers. Undefined: nothing. */
export function eventHeaders({ sharedSessions, origin }: NewEvents, index: number): Headers | undefined {
  const session = sharedSessions?.[index]
  return session === undefined ? origin : { ...origin, [SHARED_SESSION]: session ?? "" }
}

/** Tells how long it took to store the events of a request. */
export function tellStored({ origin }: NewEvents, storing: Promise<unknown>): void {
  if (!occurrences.stored.isHeard) return
  const from = Date.now()
  const tell = (): void => occurrences.stored.tell({ trace: origin?.[originHeaders.trace], from, to: Date.now() })
  storing.then(tell, () => {})
}

/** Reads the session that an event names from its message's headers. Another program may have written anything there: then none. */
export function sharedSessionIn(headers: MessageHeader | undefined): NamedSession {
  if (headers === undefined || !headers.has(SHARED_SESSION)) return undefined
  const text = headers.get(SHARED_SESSION)
  return SharedSession.safeParse(text === "" ? null : text).data
}
