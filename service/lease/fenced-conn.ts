import type { Conn, ConnStatus, Logger, Msg, Subscription } from "res-service"
import type { Lease } from "./lease.ts"

/** What may wait for the lease to be renewed: about what a busy service sends and gets in ten seconds. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
const MAX_HELD_REQUESTS = 10_000

interface HeldMessage {
  readonly subject: string
  readonly payload: string | Uint8Array
  readonly reply: string | undefined
}

/** What a fence needs of the lease. */
export type Fence = Pick<Lease, "held" | "onEvent">

/**
 * A connection that sends, and hands over requests, only while a lease is held.
 *
 * What comes while it is not held waits. A renewal proves that nobody else was active in between, so everything that waited is
 * still right and goes out in its order. When the lease is lost, all of it is dropped, and nothing passes any more.
 */
export class FencedConn implements Conn {
  readonly #conn: Conn
  readonly #lease: Fence
  readonly #logger: Logger
  readonly #listeners = new Set<(status: ConnStatus) => void>()
  #outgoing: HeldMessage[] = []
  #outgoingBytes = 0
  #incoming: (() => void)[] = []
  #lost = false
  /** Listeners have not been told yet that the connection is back, or that messages were dropped. */
  #mustAnnounce = false

  constructor(conn: Conn, lease: Fence, logger: Logger) {
    this.#conn = conn
    this.#lease = lease
    this.#logger = logger
    lease.onEvent((event) => {
      if (event === "renewed") this.#pass()
      else this.#drop()
    })
    conn.onStatus((status) => {
      if (status !== "connected") return this.#tell(status)
      this.#mustAnnounce = true
      this.#pass()
    })
  }

  publish(subject: string, payload: string | Uint8Array, reply?: string): void {
    if (this.#lost) return
    if (this.#isOpen && this.#outgoing.length === 0) {
      this.#conn.publish(subject, payload, reply)
      return
    }
    this.#outgoing.push({ subject, payload, reply })
    this.#outgoingBytes += Buffer.byteLength(payload)
    if (this.#outgoingBytes > MAX_HELD_BYTES) this.#overflow()
  }

  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): Subscription {
    let isSubscribed = true
    const deliver = (msg: Msg): void => {
      if (isSubscribed) handler(msg)
    }
    const receive = (msg: Msg): void => {
      if (this.#lost) return
      if (this.#isOpen && this.#incoming.length === 0) deliver(msg)
      else if (this.#incoming.length < MAX_HELD_REQUESTS) this.#incoming.push(() => deliver(msg))
    }
    const subscription = this.#conn.subscribe(subject, receive, queue)
    return {
      unsubscribe: () => {
        isSubscribed = false
        subscription.unsubscribe()
      },
    }
  }

  flush(): Promise<void> {
    return this.#conn.flush()
  }

  newInbox(): string {
    return this.#conn.newInbox()
  }

  get connected(): boolean {
    return this.#conn.connected && !this.#lost
  }

  get maxPayloadBytes(): number {
    return this.#conn.maxPayloadBytes
  }

  /** `connected` comes when the connection is back and the lease covers what is sent on it. */
  onStatus(listener: (status: ConnStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // Without a connection the NATS client would keep what is sent, and send it whenever it has connected again.
  get #isOpen(): boolean {
    return this.#conn.connected && this.#lease.held
  }

  #pass(): void {
    if (!this.#isOpen || this.#lost) return
    for (const { subject, payload, reply } of this.#outgoing.splice(0)) this.#conn.publish(subject, payload, reply)
    this.#outgoingBytes = 0
    if (this.#mustAnnounce) {
      this.#mustAnnounce = false
      this.#tell("connected")
    }
    for (const deliver of this.#incoming.splice(0)) deliver()
  }

  // After a `connected` the service resets its resources, and gateways fetch what they have missed.
  #overflow(): void {
    this.#logger.warn({ bytes: this.#outgoingBytes }, "dropped messages: the lease ran out before they could be sent")
    this.#outgoing = []
    this.#outgoingBytes = 0
    this.#mustAnnounce = true
  }

  #drop(): void {
    this.#lost = true
    this.#outgoing = []
    this.#incoming = []
  }

  #tell(status: ConnStatus): void {
    for (const listener of [...this.#listeners]) listener(status)
  }
}
