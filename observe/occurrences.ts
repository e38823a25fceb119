import type { CopyKind } from "../contract/digest.ts"

/** The limits whose refusals are counted: see docs/limits.md. */
export const refusalLimits = [
  "address",
  "token",
  "connection",
  "shop",
  "streams",
  "waiting streams",
  "exports",
  "sockets",
  "new sockets",
  "connections",
] as const
export type RefusalLimit = (typeof refusalLimits)[number]

/** The doors whose clients may be too slow. */
export const slowDoors = ["legacy", "stream", "export"] as const
export type SlowDoor = (typeof slowDoors)[number]

/** An HTTP request to the edge that has ended. */
export interface EndedRequest {
  readonly requestId: string
  readonly method: string
  /** The path's pattern, such as `/publish/:shop_id`; `other` for a path without a route. */
  readonly route: string
  /** 499: the client left before the answer began. */
  readonly status: number
  /** From its headers to the end of the answer. */
  readonly ms: number
}

/** A piece of work on an event. Times are in ms since the epoch. */
export interface EventStep {
  /** The `traceparent` of the event's message; undefined: it has none. */
  readonly trace: string | undefined
  readonly from: number
  readonly to: number
}

/** An event was sent to the watchers of its feed. */
export interface ShownStep extends EventStep {
  /** When JetStream had stored it. */
  readonly storedAt: number
  /** When its feed was up to date, and the RES events were sent. */
  readonly sentFrom: number
}

/** An event was archived. */
export interface ArchivedStep extends EventStep {
  /** When JetStream had stored it. */
  readonly storedAt: number
}

/**
 * Something that happens in a process, and that metrics and logs may want to know. It costs next to nothing while nobody listens.
 * Listeners are called synchronously, and must not throw.
 */
export class Occurrence<T> {
  #listeners: readonly ((value: T) => void)[] = []

  /** False: telling it has no effect, so that a value need not be made for it. */
  get isHeard(): boolean {
    return this.#listeners.length > 0
  }

  tell(value: T): void {
    for (const listener of this.#listeners) listener(value)
  }

  /** Calls `listener` each time, for the rest of the process's life. */
  on(listener: (value: T) => void): void {
    this.#listeners = [...this.#listeners, listener]
  }
}

/** All that the parts of a process tell. Values are of closed sets, numbers or IDs of requests: nothing of people. */
export const occurrences = {
  /** The connection to NATS was made or lost. */
  nats: new Occurrence<"connected" | "disconnected">(),
  /** A limit was reached, and something was refused. */
  refused: new Occurrence<RefusalLimit>(),
  /** A client was cut off because it did not take its data. */
  slowClient: new Occurrence<SlowDoor>(),

  /** A publish was answered as before, and nothing was stored. */
  repeatedPublish: new Occurrence<"idempotency_key" | "producer">(),
  /** A follower of the log got a record; ms since JetStream had stored it. */
  logRecord: new Occurrence<number>(),
  /** Events of a request were stored in the log. */
  stored: new Occurrence<EventStep>(),
  /** Watchers of a feed were sent an event. */
  shown: new Occurrence<ShownStep>(),
  /** A system.reset was sent. */
  reset: new Occurrence<void>(),
  /** A client's copy was another than the service's. */
  digestReport: new Occurrence<CopyKind>(),

  /** An HTTP request has ended. */
  httpRequest: new Occurrence<EndedRequest>(),
  /** A socket of the old protocol was opened or closed. */
  legacySocket: new Occurrence<"opened" | "closed">(),
  /** A message of an old storefront, by its event; `invalid`: it cannot be read. */
  legacyMessage: new Occurrence<string>(),
  /** An update of a session was not sent to a socket, because a newer one follows; its bytes. */
  mergedUpdate: new Occurrence<number>(),
  /** A reader of a stream was added, or has left. */
  streamReader: new Occurrence<"opened" | "closed">(),
  /** A stream's readers were sent an event; ms since JetStream had stored it. */
  delivered: new Occurrence<number>(),

  /** An event was archived. */
  archived: new Occurrence<ArchivedStep>(),
}
