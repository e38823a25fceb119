import type { DirectBatchOptions, StoredMsg } from "@nats-io/jetstream"
import type { Msg, MsgHdrs, NatsConnection } from "nats"
import { newInbox } from "res-service"
import { NO_RESULTS } from "./api-error.ts"

/** Time for JetStream's complete answer, in ms; less than callers give the service. */
const ANSWER_TIMEOUT_MS = 4000
/** Status of the message that ends an answer. */
const END_OF_BATCH = 204

/** A message that was read by a direct get. Source: nats-server 2.14, ADR-31 "JetStream direct get". */
class DirectMessage implements StoredMsg {
  readonly data: Uint8Array
  readonly header: MsgHdrs

  constructor(data: Uint8Array, header: MsgHdrs) {
    this.data = data
    this.header = header
  }

  get subject(): string {
    return this.header.get("Nats-Subject")
  }

  get seq(): number {
    return Number(this.header.get("Nats-Sequence"))
  }

  get lastSequence(): number {
    return Number(this.header.get("Nats-Last-Sequence"))
  }

  get pending(): number {
    return Number(this.header.get("Nats-Num-Pending"))
  }

  get timestamp(): string {
    return this.header.get("Nats-Time-Stamp")
  }

  get time(): Date {
    return new Date(Date.parse(this.timestamp))
  }

  json<T>(): T {
    return JSON.parse(this.string()) as T
  }

  string(): string {
    return new TextDecoder().decode(this.data)
  }
}

interface WaitingRead {
  readonly messages: StoredMsg[]
  readonly resolve: (messages: StoredMsg[]) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** JetStream refused a read. `code` is the status of its answer. */
export class ReadRefusedError extends Error {
  override readonly name = "ReadRefusedError"
  readonly code: number

  constructor({ code, description }: MsgHdrs) {
    super(`${code} ${description}`)
    this.code = code
  }
}

/**
 * Reads batches of messages from streams by direct gets, with one inbox for all of them. The NATS client opens a subscription for each
 * batch and never ends it, so each load of a shop would cost memory for good.
 */
export class DirectReader {
  readonly #nc: NatsConnection
  readonly #waiting = new Map<string, WaitingRead>()
  #inbox: string | undefined
  #count = 0

  constructor(nc: NatsConnection) {
    this.#nc = nc
  }

  /** Resolves to the messages, oldest first; to none when nothing matches. Rejects when the answer is not complete in time. */
  read(stream: string, options: DirectBatchOptions): Promise<StoredMsg[]> {
    return new Promise((resolve, reject) => {
      this.#inbox ??= this.#openInbox()
      const reply = `${this.#inbox}.${this.#count++}`
      const timer = setTimeout(
        () => this.#end(reply)?.reject(new Error("no complete answer in time")),
        ANSWER_TIMEOUT_MS,
      )
      this.#waiting.set(reply, { messages: [], resolve, reject, timer })
      try {
        this.#nc.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(options), { reply })
      } catch (error) {
        this.#end(reply)?.reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  /** The subscription ends with the connection. */
  #openInbox(): string {
    const inbox = newInbox(this.#nc)
    this.#nc.subscribe(`${inbox}.*`, {
      callback: (error, msg) => {
        if (error === null) this.#take(msg)
      },
    })
    return inbox
  }

  #take({ subject, data, headers }: Msg): void {
    const waiting = this.#waiting.get(subject)
    if (waiting === undefined || headers === undefined) return
    if (headers.code === 0) waiting.messages.push(new DirectMessage(data, headers))
    else if (headers.code === END_OF_BATCH || headers.code === NO_RESULTS) this.#end(subject)?.resolve(waiting.messages)
    else this.#end(subject)?.reject(new ReadRefusedError(headers))
  }

  #end(reply: string): WaitingRead | undefined {
    const waiting = this.#waiting.get(reply)
    this.#waiting.delete(reply)
    clearTimeout(waiting?.timer)
    return waiting
  }
}
