/**
 * What this library needs of a messaging system. `natsConn` implements it over the official NATS client,
 * `res-service/testing` in memory; nothing else in the library knows NATS.
 */
export interface Conn {
  /** Sends one message. While disconnected the message may be kept and sent after the reconnect, or lost. */
  publish(subject: string, payload: string | Uint8Array, reply?: string): void
  /**
   * Calls `handler` for each message on `subject` (wildcards `*` and `>`), one after the other, synchronously and in
   * the order in which they came in over this connection, across all its subscriptions: RES is only right if answers
   * and events keep their order.
   *
   * With `queue`, each message goes to one member of that queue group.
   */
  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): Subscription
  /** Resolves when the server has processed everything sent so far. Rejects when the connection is closed. */
  flush(): Promise<void>
  /** A subject of this connection only, for replies; `*` parts may be appended after a dot. */
  newInbox(): string
  /** False from a disconnect until the reconnect. */
  readonly connected: boolean
  /** Largest payload of one message, in bytes. */
  readonly maxPayloadBytes: number
  /** Calls `listener` at every change; returns a function that stops that. */
  onStatus(listener: (status: ConnStatus) => void): () => void
}

/** `connected` comes after every reconnect; `closed` comes once and is final. */
export type ConnStatus = "connected" | "disconnected" | "closed"

/** One received message. */
export interface Msg {
  readonly subject: string
  readonly data: Uint8Array
  /** Where an answer is expected, if one is. */
  readonly reply?: string | undefined
  /** True for the server's notice that nobody listens on the subject of a request (NATS status 503). */
  readonly noResponders: boolean
}

/** What ends the calls of a `Conn.subscribe` handler. */
export interface Subscription {
  unsubscribe(): void
}
