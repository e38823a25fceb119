import type { DirectBatchOptions, StoredMsg } from "@nats-io/jetstream"
import type { MsgHdrs, NatsConnection } from "nats"
import { NO_RESULTS } from "./api-error.ts"
import { ReplyInbox } from "./reply-inbox.ts"

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

/** JetStream refused a read. `code` is the status of its answer. */
export class ReadRefusedError extends Error {
  override readonly name = "ReadRefusedError"
  readonly code: number

  constructor({ code, description }: MsgHdrs) {
    super(`${code} ${description}`)
    this.code = code
  }
}

/** Reads batches of messages from streams by direct gets. */
export class DirectReader {
  readonly #nc: NatsConnection
  readonly #inbox: ReplyInbox

  constructor(nc: NatsConnection) {
    this.#nc = nc
    this.#inbox = new ReplyInbox(nc, ANSWER_TIMEOUT_MS, "no complete answer in time")
  }

  /** Resolves to the messages, oldest first; to none when nothing matches. Rejects when the answer is not complete in time. */
  read(stream: string, options: DirectBatchOptions): Promise<StoredMsg[]> {
    const messages: StoredMsg[] = []
    return this.#inbox.request<StoredMsg[]>(
      (reply) => this.#nc.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(options), { reply }),
      ({ data, headers }, { resolve, reject }) => {
        if (headers === undefined) return
        if (headers.code === 0) messages.push(new DirectMessage(data, headers))
        else if (headers.code === END_OF_BATCH || headers.code === NO_RESULTS) resolve(messages)
        else reject(new ReadRefusedError(headers))
      },
    )
  }
}
