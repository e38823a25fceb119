import { type Msg, type MsgHdrs, type NatsConnection, nanos, type Subscription } from "nats"
import { findHeader, newInbox } from "res-service"

/** Most messages of one request. */
const MAX_MESSAGES = 2000
/** How long a request waits for messages, in ms. */
const EXPIRES_MS = 5000
/** How often nats-server says that a request still waits, in ms. */
const HEARTBEAT_MS = 1000
/** After this time without a word the consumer counts as gone, in ms: two heartbeats are missing. */
const SILENCE_MS = 2.5 * HEARTBEAT_MS
/** Pause before messages are asked for again that are not urgent, in ms. */
const REST_MS = 20

/** Statuses by which nats-server tells that a request waits, has got all there was, or has waited long enough. */
const [WAITS, ALL, EXPIRED] = [100, 404, 408]

const request = { batch: MAX_MESSAGES, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
/** Asks for each message as soon as it is stored. */
const AT_ONCE = JSON.stringify(request)
/** Asks for all messages that are stored when there is one. */
const TOGETHER = JSON.stringify({ ...request, no_wait: true })

export interface ConsumptionHandlers {
  /** Called for each message, in order. Must not throw. */
  onMessage(message: ConsumedMessage): void
  /**
   * Whether somebody waits for messages. If not, those of 20 ms come together: each one alone would wake nats-server and this process, which
   * costs more than the message.
   */
  isUrgent(): boolean
  /** The consumer is gone, or has left a message out. Called once; nothing comes any more. */
  onBroken(): void
}

/** The headers of a message, as the NATS client has them. */
export type MessageHeader = Pick<MsgHdrs, "get" | "has">

/** A message from a consumer. It is its own headers, which are only searched: decoding them takes as long as reading the event. */
export class ConsumedMessage implements MessageHeader {
  readonly #msg: Msg
  readonly seq: number
  readonly time: Date

  constructor(msg: Msg, { seq, time }: Delivery) {
    this.#msg = msg
    this.seq = seq
    this.time = time
  }

  get subject(): string {
    return this.#msg.subject
  }

  get data(): Uint8Array {
    return this.#msg.data
  }

  get header(): MessageHeader {
    return this
  }

  has(name: string): boolean {
    return findHeader(this.#msg, name) !== undefined
  }

  get(name: string): string {
    return findHeader(this.#msg, name) ?? ""
  }
}

/** How a message was delivered. */
export interface Delivery {
  /** Of the stream. */
  readonly seq: number
  /** Of the consumer: without gaps. */
  readonly number: number
  readonly time: Date
}

/** Takes the messages of a consumer without acknowledgements, in order and without gaps, until it is closed or breaks. */
export class Consumption {
  readonly #nc: NatsConnection
  readonly #requestSubject: string
  readonly #inbox: string
  readonly #handlers: ConsumptionHandlers
  readonly #subscription: Subscription
  readonly #watching: NodeJS.Timeout
  #resting: NodeJS.Timeout | undefined
  #heardAt = performance.now()
  /** Messages that the request may still bring. */
  #left = 0
  #delivered = 0
  #ended = false

  constructor(nc: NatsConnection, stream: string, consumer: string, handlers: ConsumptionHandlers) {
    this.#nc = nc
    this.#requestSubject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`
    this.#inbox = newInbox(nc)
    this.#handlers = handlers
    this.#subscription = nc.subscribe(this.#inbox, {
      callback: (error, msg) => {
        if (error === null && !this.#ended) this.#receive(msg)
      },
    })
    this.#watching = setInterval(() => {
      if (performance.now() - this.#heardAt > SILENCE_MS) this.#break()
    }, HEARTBEAT_MS)
    this.#ask()
  }

  /** Somebody waits for messages now. */
  hurry(): void {
    if (this.#resting !== undefined) this.#ask()
  }

  close(): void {
    this.#ended = true
    clearInterval(this.#watching)
    this.#stopResting()
    this.#subscription.unsubscribe()
  }

  #ask(): void {
    this.#stopResting()
    if (this.#nc.isClosed() || this.#nc.isDraining()) {
      this.close()
      return
    }
    this.#left = MAX_MESSAGES
    const text = this.#handlers.isUrgent() ? AT_ONCE : TOGETHER
    this.#nc.publish(this.#requestSubject, text, { reply: this.#inbox })
  }

  #receive(msg: Msg): void {
    // Only messages of the stream may be acknowledged.
    const { reply } = msg
    if (!reply) {
      this.#receiveStatus(msg.headers?.code)
      return
    }
    this.#heardAt = performance.now()
    const delivery = deliveryOf(reply)
    if (delivery.number !== ++this.#delivered) {
      this.#break()
      return
    }
    this.#handlers.onMessage(new ConsumedMessage(msg, delivery))
    if (--this.#left === 0) this.#askAgain()
  }

  #receiveStatus(code: number | undefined): void {
    // Any other one says that the consumer, or its leader, is not there: another request may find it, else the silence tells.
    const isFine = code === WAITS || code === ALL || code === EXPIRED
    if (isFine) this.#heardAt = performance.now()
    if (code === WAITS) return
    if (isFine) this.#askAgain()
    else this.#rest()
  }

  #askAgain(): void {
    if (this.#ended) return
    if (this.#handlers.isUrgent()) this.#ask()
    else this.#rest()
  }

  #rest(): void {
    this.#resting ??= setTimeout(() => this.#ask(), REST_MS)
  }

  #stopResting(): void {
    clearTimeout(this.#resting)
    this.#resting = undefined
  }

  #break(): void {
    this.close()
    this.#handlers.onBroken()
  }
}

/**
 * Reads the subject for a message's acknowledgement. The time is exact to the ms: as a number the nanoseconds are exact to 256 of them only.
 *
 * Source: nats-server 2.15, ADR-15 "JetStream subscribe"; with a domain there are more parts in front, and one more behind.
 */
export function deliveryOf(ackSubject: string): Delivery {
  const parts = ackSubject.split(".")
  const at = parts.length > 9 ? 7 : 5
  return {
    seq: Number(parts[at]),
    number: Number(parts[at + 1]),
    time: new Date(Number(parts[at + 2]?.slice(0, -6))),
  }
}
