import { type Conn, type ConnStatus, endSubscription, type Headers, type Msg, type Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import type { Logger } from "../logger.ts"
import { isNotReserved } from "../service/reply-to.ts"
import type { Lease } from "./lease.ts"
import { elapsedMs, type Moment, moment } from "./moment.ts"

/** Most bytes that wait for a renewal in each direction: about what a busy service sends and gets in ten seconds. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
/** A request that has waited this long, in ms, is dropped: its sender has given up, and may have sent it again. */
const MAX_HELD_MS = 5000
/** How often it is checked whether the lease is held, in ms. */
const CHECK_INTERVAL_MS = 250
/** Requests are refused once this many checks in a row have found no lease. A process that stood still makes no checks meanwhile. */
const REFUSE_AFTER_CHECKS = 4
/** What a held message takes besides its payload, in bytes: requests often have none. */
const MESSAGE_BYTES = 500

interface HeldMessage {
  readonly subject: string
  readonly payload: string | Uint8Array
  readonly reply: string | undefined
  readonly headers: Headers | undefined
}

interface HeldRequest {
  readonly at: Moment
  readonly bytes: number
  readonly reply: string | undefined
  readonly deliver: () => void
}

/** What a fence needs of the lease. */
export type Fence = Pick<Lease, "held" | "onEvent">

/**
 * A connection that sends messages and delivers requests only while a lease is held.
 *
 * While the lease is not held, messages and requests wait. A renewal proves that nobody has ended the lease in between, so everything that
 * waited is still right and passes in order. When the lease is lost, events are dropped, and instead of answers requesters get
 * `system.serviceUnavailable`: it is not known whether their request was carried out.
 *
 * A lease that cannot be renewed for a second more, although there is a connection, means that JetStream does not store. From then on
 * requests are refused with `system.serviceUnavailable`, so that their senders need not wait until they time out. A refusal tells nothing
 * of the service's state, so it needs no lease.
 */
export class FencedConn implements Conn {
  readonly #conn: Conn
  readonly #lease: Fence
  readonly #logger: Logger
  readonly #replyTo: (subject: string) => boolean
  readonly #subscriptions = new Set<Subscription>()
  readonly #listeners = new Set<(status: ConnStatus) => void>()
  readonly #outgoing: HeldMessage[] = []
  #outgoingBytes = 0
  #incoming: HeldRequest[] = []
  #incomingBytes = 0
  #droppedRequests = 0
  #lost = false
  /** Nothing can be sent any more. */
  #closed = false
  /** Checks in a row that found a connection and no lease. */
  #checksWithout = 0
  readonly #checking: NodeJS.Timeout
  /** True when listeners were not told yet that the connection is back, or that messages were dropped. */
  #mustAnnounce = false

  /** @param replyTo as `ServiceOptions.replyTo` */
  constructor(conn: Conn, lease: Fence, logger: Logger, replyTo = isNotReserved) {
    this.#conn = conn
    this.#lease = lease
    this.#replyTo = replyTo
    this.#logger = logger
    lease.onEvent((event) => {
      if (event === "renewed") this.#pass()
      else this.#drop()
    })
    this.#checking = setInterval(() => this.#check(), CHECK_INTERVAL_MS)
    this.#checking.unref()
    conn.onStatus((status) => {
      if (status === "closed") {
        this.#closed = true
        clearInterval(this.#checking)
      }
      if (status !== "connected") return this.#tell(status)
      this.#mustAnnounce = true
      this.#pass()
    })
  }

  publish(subject: string, payload: string | Uint8Array, reply?: string, headers?: Headers): void {
    if (this.#lost) {
      this.#refuseAnswers([{ subject, reply }])
      return
    }
    if (this.#isOpen && this.#outgoing.length === 0) {
      this.#conn.publish(subject, payload, reply, headers)
      return
    }
    this.#outgoing.push({ subject, payload, reply, headers })
    this.#outgoingBytes += Buffer.byteLength(payload) + MESSAGE_BYTES
    if (this.#outgoingBytes > MAX_HELD_BYTES) this.#overflow()
  }

  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): Subscription {
    let isSubscribed = true
    const deliver = (msg: Msg): void => {
      if (isSubscribed) handler(msg)
    }
    const receive = (msg: Msg): void => {
      if (this.#lost) this.#refuse(msg.reply)
      else if (this.#isOpen && this.#incoming.length === 0) deliver(msg)
      else if (this.#isRefusing) this.#refuse(msg.reply)
      else this.#hold(msg, () => deliver(msg))
    }
    const subscription = this.#conn.subscribe(subject, receive, queue)
    this.#subscriptions.add(subscription)
    return {
      unsubscribe: () => {
        isSubscribed = false
        this.#subscriptions.delete(subscription)
        subscription.unsubscribe()
      },
      drain: () => {
        this.#subscriptions.delete(subscription)
        return endSubscription(subscription)
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

  // Without a connection the NATS client would keep messages, and send them whenever it has connected again.
  get #isOpen(): boolean {
    return this.#conn.connected && this.#lease.held
  }

  get #isRefusing(): boolean {
    return this.#checksWithout >= REFUSE_AFTER_CHECKS
  }

  #check(): void {
    const wasRefusing = this.#isRefusing
    this.#checksWithout = this.#conn.connected && !this.#lease.held ? this.#checksWithout + 1 : 0
    if (wasRefusing && this.#lease.held) this.#logger.info({}, "the lease is renewed again")
    if (wasRefusing || !this.#isRefusing) return
    this.#logger.error({}, "requests are refused until the lease is renewed: JetStream does not store")
    for (const { reply } of this.#incoming.splice(0)) this.#refuse(reply)
    this.#incomingBytes = 0
  }

  #refuse(reply: string | undefined): void {
    if (reply !== undefined && !this.#closed && this.#replyTo(reply))
      this.#conn.publish(reply, JSON.stringify({ error: new ResError("system.serviceUnavailable") }))
  }

  /** Whoever waits for one of these messages, which must not be sent, need not wait until it times out. */
  #refuseAnswers(messages: readonly Pick<HeldMessage, "subject" | "reply">[]): void {
    for (const { subject, reply } of messages) if (reply === undefined) this.#refuse(subject)
  }

  #hold({ data, reply }: Msg, deliver: () => void): void {
    const bytes = data.length + MESSAGE_BYTES
    this.#dropOldRequests()
    if (this.#incomingBytes + bytes > MAX_HELD_BYTES) {
      this.#droppedRequests++
      this.#refuse(reply)
      return
    }
    this.#incoming.push({ at: moment(), bytes, reply, deliver })
    this.#incomingBytes += bytes
  }

  #dropOldRequests(): void {
    const fresh = this.#incoming.findIndex(({ at }) => elapsedMs(at) < MAX_HELD_MS)
    const old = this.#incoming.splice(0, fresh === -1 ? this.#incoming.length : fresh)
    for (const { bytes } of old) this.#incomingBytes -= bytes
    this.#droppedRequests += old.length
  }

  #pass(): void {
    if (!this.#isOpen || this.#lost) return
    for (const message of this.#outgoing.splice(0)) this.#send(message)
    this.#outgoingBytes = 0
    if (this.#mustAnnounce) {
      this.#mustAnnounce = false
      this.#tell("connected")
    }
    this.#dropOldRequests()
    if (this.#droppedRequests > 0) {
      this.#logger.warn(
        { count: this.#droppedRequests },
        "dropped requests: the lease was not renewed in time to answer them",
      )
      this.#droppedRequests = 0
    }
    this.#incomingBytes = 0
    for (const { deliver } of this.#incoming.splice(0)) deliver()
  }

  // A message that cannot be sent must not stop the ones after it.
  #send({ subject, payload, reply, headers }: HeldMessage): void {
    try {
      this.#conn.publish(subject, payload, reply, headers)
    } catch (error) {
      this.#logger.error({ err: error }, "a held message could not be sent")
      this.#mustAnnounce = true
    }
  }

  // After `connected` the service resets its resources, so gateways fetch what they have missed.
  #overflow(): void {
    this.#logger.warn({ bytes: this.#outgoingBytes }, "dropped messages: the lease ran out before they could be sent")
    this.#refuseAnswers(this.#outgoing.splice(0))
    this.#outgoingBytes = 0
    this.#mustAnnounce = true
  }

  // At once, so that requests go to others. Those that have come already are refused, so that their senders need not wait.
  #drop(): void {
    this.#lost = true
    clearInterval(this.#checking)
    this.#refuseAnswers(this.#outgoing.splice(0))
    for (const subscription of this.#subscriptions) void endSubscription(subscription)
    this.#subscriptions.clear()
    for (const { reply } of this.#incoming.splice(0)) this.#refuse(reply)
  }

  #tell(status: ConnStatus): void {
    for (const listener of [...this.#listeners]) listener(status)
  }
}
