/**
 * What this library needs from a messaging system. `natsConn` implements it with the official NATS client, `MemoryBroker` of
 * `res-service/testing` in memory.
 */
export interface Conn {
  /** Sends one message. While disconnected the message may be kept and sent after the reconnect, or lost. */
  publish(subject: string, payload: string | Uint8Array, reply?: string, headers?: Headers): void
  /**
   * Calls `handler` for each message on `subject` (wildcards `*` and `>`): one at a time, synchronously, and in the order in
   * which messages arrived on this connection, across all its subscriptions. RES depends on the order of answers and events.
   *
   * With `queue`, each message goes to only one member of that queue group.
   */
  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): Subscription
  /** Resolves when the server has processed everything sent so far. Rejects when the connection is closed. */
  flush(): Promise<void>
  /** A subject for replies that only this connection uses. Parts may be appended to it after a dot. */
  newInbox(): string
  /** False from a disconnect until the reconnect. */
  readonly connected: boolean
  /** Largest payload of one message, in bytes. */
  readonly maxPayloadBytes: number
  /** Calls `listener` on every change, until the returned function is called. */
  onStatus(listener: (status: ConnStatus) => void): () => void
}

/** NATS headers. A receiver that does not know them, such as Resgate, gets the message all the same. */
export interface Headers {
  readonly [name: string]: string
}

/** `connected` comes after every reconnect; `closed` comes once and is final. */
export type ConnStatus = "connected" | "disconnected" | "closed"

/** One received message. */
export interface Msg {
  readonly subject: string
  readonly data: Uint8Array
  /** The subject to answer on, if an answer is expected. */
  readonly reply?: string | undefined
  /** The value of a NATS header. */
  header?(name: string): string | undefined
  /** All NATS headers; undefined: it has none. */
  headers?(): Headers | undefined
  /** True for the server's notice that nobody listens on the subject of a request (NATS status 503). */
  readonly noResponders: boolean
}

/** A subscription on the messaging system, made by `Conn.subscribe`. */
export interface Subscription {
  /** Ends it at once. Messages on the way are lost. */
  unsubscribe(): void
  /** Ends it without loss: resolves when the messages on the way were delivered. Default: as `unsubscribe`. */
  drain?(): Promise<void>
}

/** Ends a subscription without loss, if its connection can do that. */
export async function endSubscription(subscription: Subscription): Promise<void> {
  if (subscription.drain === undefined) subscription.unsubscribe()
  else await subscription.drain()
}
