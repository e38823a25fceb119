import type { Conn, Headers, Msg, Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import { EVENT_NUMBER, type EventNumber, readEventNumber } from "../event-number.ts"
import { numberedReply } from "../request-number.ts"
import { internalError } from "./decode.ts"

/**
 * Gets the text of an answer, or an error, and the number of the resource's last event if the answer says it. Called exactly once, in
 * the order in which answers and events arrived.
 */
export type OnAnswer = (error: ResError | undefined, text: string, last?: EventNumber) => void

/** Options of one request. */
export interface SendOptions {
  /** How long to wait for the answer, in milliseconds. A pre-response of the service overrides it. */
  readonly timeoutMs?: number | undefined
  /**
   * Whether to send the request again after a reconnect, if there is no answer yet. Only for requests that may safely run twice.
   */
  readonly repeatable?: boolean
  /** NATS headers of the request; none by default. */
  readonly headers?: Headers | undefined
  /** Called once, with the first pre-response, or just before `onAnswer`. */
  readonly onSign?: (() => void) | undefined
}

/** `system.notFound`, because no service listens on the request's subject. */
export class NoRespondersError extends ResError {
  constructor() {
    super("system.notFound")
  }
}

/** `system.serviceUnavailable`, because there is no connection. The request was not sent. */
export class NotSentError extends ResError {
  constructor() {
    super("system.serviceUnavailable")
  }
}

/** A request that may still be answered. */
export interface SentRequest {
  /**
   * Waits no longer than for a request without a pre-response, from now on: whoever sent the pre-response may be gone. A further
   * pre-response counts again.
   */
  distrust(): void
}

interface Pending {
  readonly subject: string
  readonly payload: string
  readonly headers: Headers | undefined
  readonly onAnswer: OnAnswer
  readonly repeatable: boolean
  onSign: (() => void) | undefined
  /** When the request times out, in ms of `performance.now()`. */
  deadline: number
  timer: NodeJS.Timeout
}

/** The longest protocol line that a NATS server accepts. It closes the connection after a longer one. */
const MAX_CONTROL_LINE_BYTES = 4096
/** `PUB`, the size and spaces. */
const CONTROL_LINE_REST_BYTES = 20

/**
 * Sends requests, and receives all answers on one subscription, with callbacks: so answers stay in order with each other and with
 * the events of the connection. Promises and the request functions of NATS clients do not keep this order.
 *
 * Source: RES-Service protocol 1.2.3, "Requests", "Pre-response".
 */
export class Requester {
  readonly #conn: Conn
  readonly #timeoutMs: number
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #stopStatus: () => void
  readonly #pending = new Map<string, Pending>()
  #last = 0
  #closed = false

  constructor(conn: Conn, timeoutMs: number) {
    this.#conn = conn
    this.#timeoutMs = timeoutMs
    this.#inbox = conn.newInbox()
    this.#subscription = conn.subscribe(`${this.#inbox}.*`, (msg) => this.#receive(msg))
    this.#stopStatus = conn.onStatus((status) => {
      if (status === "connected") this.#repeat()
      if (status === "closed") this.close()
    })
  }

  /** How many requests wait for their answer. */
  get pendingCount(): number {
    return this.#pending.size
  }

  /**
   * Sends one request. `onAnswer` is never called before this returns. Errors: `system.timeout`, a `NotSentError`
   * (`system.serviceUnavailable`, not connected), `system.subjectTooLong`, `system.internalError` (invalid subject, or payload
   * too large), and a `NoRespondersError`.
   */
  send(subject: string, payload: string, onAnswer: OnAnswer, options: SendOptions = {}): SentRequest {
    const id = numberedReply(++this.#last)
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs
    const sent = { distrust: () => this.#distrust(id, timeoutMs) }
    const refused = this.#refuse(subject, payload)
    if (refused) {
      queueMicrotask(() => {
        options.onSign?.()
        onAnswer(refused, "")
      })
      return sent
    }
    const { repeatable = false, headers, onSign } = options
    const limit = this.#timeLimit(id, timeoutMs)
    this.#pending.set(id, { subject, payload, headers, onAnswer, repeatable, onSign, ...limit })
    this.#conn.publish(subject, payload, `${this.#inbox}.${id}`, headers)
    return sent
  }

  /** Answers all waiting requests with `system.serviceUnavailable`. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopStatus()
    this.#subscription.unsubscribe()
    for (const [id, pending] of [...this.#pending]) {
      this.#settle(id, pending, new ResError("system.serviceUnavailable"), "")
    }
  }

  #refuse(subject: string, payload: string): ResError | undefined {
    if (this.#closed || !this.#conn.connected) return new NotSentError()
    if (!SUBJECT.test(subject)) return internalError("invalid subject")
    const line = subject.length + this.#inbox.length + CONTROL_LINE_REST_BYTES
    if (line > MAX_CONTROL_LINE_BYTES) return new ResError("system.subjectTooLong")
    // A string has at most 3 bytes per character, so the exact size is only needed near the limit.
    const max = this.#conn.maxPayloadBytes
    if (payload.length * 3 > max && Buffer.byteLength(payload) > max) return internalError("maximum payload exceeded")
    return undefined
  }

  #receive(msg: Msg): void {
    const id = msg.subject.slice(this.#inbox.length + 1)
    const pending = this.#pending.get(id)
    if (pending === undefined) return // already onAnswer, or timed out
    const text = decodeText(msg.data)
    pending.onSign?.()
    pending.onSign = undefined
    if (msg.noResponders) this.#settle(id, pending, new NoRespondersError(), "")
    else if (PRE_RESPONSE.test(text)) this.#limit(id, pending, preResponseTimeout(text))
    else this.#settle(id, pending, undefined, text, readEventNumber(msg.header?.(EVENT_NUMBER)))
  }

  #limit(id: string, pending: Pending, timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) return
    clearTimeout(pending.timer)
    Object.assign(pending, this.#timeLimit(id, timeoutMs))
  }

  #distrust(id: string, timeoutMs: number): void {
    const pending = this.#pending.get(id)
    if (pending && pending.deadline > performance.now() + timeoutMs) this.#limit(id, pending, timeoutMs)
  }

  #timeLimit(id: string, timeoutMs: number): Pick<Pending, "deadline" | "timer"> {
    return { deadline: performance.now() + timeoutMs, timer: setTimeout(() => this.#timeOut(id), timeoutMs) }
  }

  /** Reads first what has already arrived: timers come before it when the process was busy. */
  #timeOut(id: string): void {
    const deadline = this.#pending.get(id)?.deadline
    setImmediate(() => {
      const pending = this.#pending.get(id)
      if (pending?.deadline === deadline && pending) this.#settle(id, pending, new ResError("system.timeout"), "")
    })
  }

  #settle(id: string, pending: Pending, error: ResError | undefined, text: string, last?: EventNumber): void {
    clearTimeout(pending.timer)
    this.#pending.delete(id)
    pending.onSign?.()
    pending.onAnswer(error, text, last)
  }

  #repeat(): void {
    for (const [id, { repeatable, subject, payload, headers }] of this.#pending) {
      if (repeatable) this.#conn.publish(subject, payload, `${this.#inbox}.${id}`, headers)
    }
  }
}

/** The bytes of a message as text. */
export function decodeText(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
}

const SUBJECT = /^[!-~]+$/
const PRE_RESPONSE = /^[A-Za-z]/
const TAG = /^ *([^\s":]+):"((?:[^"\\]|\\.)*)"/

/** Reads `timeout:"1000"` among the `key:"value"` pairs of a pre-response. */
function preResponseTimeout(text: string): number | undefined {
  let rest = text
  for (;;) {
    const tag = TAG.exec(rest)
    if (tag === null) return undefined
    if (tag[1] === "timeout") {
      const ms = /^[+-]?\d+$/.test(tag[2] ?? "") ? Number(tag[2]) : Number.NaN
      return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 2 ** 31 - 1)
    }
    rest = rest.slice(tag[0].length)
  }
}
