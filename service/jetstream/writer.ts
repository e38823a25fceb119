import { randomUUID } from "node:crypto"
import { MsgHdrsImpl } from "@nats-io/nats-core/internal"
import { headers, type Msg, type MsgHdrs, type NatsConnection, type PublishOptions } from "nats"
import { isApiError } from "./api-error.ts"
import { ReplyInbox, type WaitingRequest } from "./reply-inbox.ts"

/** Time for JetStream's acknowledgement, in ms; less than callers give the service. */
const ACK_TIMEOUT_MS = 3000
/** Status of an answer that nats-server gives when nobody listens. */
export const NO_RESPONDERS = 503
/** JetStream's error code: a message ID of a batch was used before. */
const DUPLICATE_IN_BATCH = 10201

/** JetStream's answer to a message. */
export interface Ack {
  /** Sequence of the stored message. */
  readonly seq: number
  /** The message ID was used before, by the message with that sequence; nothing was stored now. */
  readonly duplicate: boolean
}

interface Answer extends Partial<Ack> {
  readonly error?: { readonly err_code: number; readonly description: string }
}

/** JetStream refused a message and stored nothing. `code` is its API error code. */
export class WriteRefusedError extends Error {
  override readonly name = "WriteRefusedError"
  readonly code: number

  constructor({ err_code, description }: { readonly err_code: number; readonly description: string }) {
    super(description)
    this.code = err_code
  }
}

/**
 * A header that is written as it is. The NATS client's own checks each value, which takes more time than everything else that is done for
 * a message of a batch.
 */
class WrittenHeader extends MsgHdrsImpl {
  readonly #values: readonly (readonly [name: string, value: string])[]

  constructor(values: readonly (readonly [name: string, value: string])[]) {
    super()
    this.#values = values
  }

  override encode(): Uint8Array {
    let text = "NATS/1.0\r\n"
    for (const [name, value] of this.#values) text += `${name}: ${value}\r\n`
    return Buffer.from(`${text}\r\n`)
  }
}

/** No stream takes messages of the subject. Nothing was stored. */
export class NoStreamError extends Error {
  override readonly name = "NoStreamError"

  constructor() {
    super("no stream answers")
  }
}

/** Publishes messages to streams and waits for their acknowledgements. */
export class JetStreamWriter {
  readonly #nc: NatsConnection
  readonly #inbox: ReplyInbox

  constructor(nc: NatsConnection) {
    this.#nc = nc
    this.#inbox = new ReplyInbox(nc, ACK_TIMEOUT_MS, "no acknowledgement in time")
  }

  /** Resolves when the message is stored. Rejects when JetStream refuses it, or when it is not known to be stored. */
  async publish(subject: string, payload: string | Uint8Array, header?: MsgHdrs): Promise<Ack> {
    const { seq, duplicate = false } = await this.#request(subject, payload, header)
    if (seq === undefined) throw new NoStreamError()
    return { seq, duplicate }
  }

  /**
   * Publishes messages as one atomic batch: all are stored, or none. `seq` is the sequence of the last one; for a duplicate it is
   * not known and 0.
   *
   * @param header of the first message
   */
  async publishBatch(subject: string, payloads: readonly string[], header = headers()): Promise<Ack> {
    const batchId = randomUUID()
    const last = payloads.length - 1
    const commit = { "Nats-Batch-Commit": "1" }
    const headerOf = (i: number): MsgHdrs => {
      const each = { "Nats-Batch-Id": batchId, "Nats-Batch-Sequence": String(i + 1) }
      const values = Object.entries(i === last ? { ...each, ...commit } : each)
      if (i > 0) return new WrittenHeader(values)
      for (const [name, value] of values) header.set(name, value)
      return header
    }
    try {
      // JetStream answers the first message if it takes batches, and the last one when all are stored.
      for (const [i, payload] of payloads.slice(0, -1).entries()) {
        if (i === 0) await this.#request(subject, payload, headerOf(i))
        else this.#publish(subject, payload, { headers: headerOf(i) })
      }
      return await this.publish(subject, payloads[last] ?? "", headerOf(last))
    } catch (error) {
      if (isApiError(error, DUPLICATE_IN_BATCH)) return { seq: 0, duplicate: true }
      throw error
    }
  }

  /**
   * Publishes a message that JetStream stores only if the last message of its subject has the sequence `expected`. Resolves to the new
   * message's sequence; rejects as `publish`.
   */
  async replace(subject: string, payload: string, expected: number): Promise<number> {
    const header = headers()
    header.set("Nats-Expected-Last-Subject-Sequence", String(expected))
    return (await this.publish(subject, payload, header)).seq
  }

  // Texts as `natsConn` sends them.
  #publish(subject: string, payload: string | Uint8Array, options: PublishOptions): void {
    this.#nc.publish(subject, typeof payload === "string" ? Buffer.from(payload) : payload, options)
  }

  #request(subject: string, payload: string | Uint8Array, header: MsgHdrs | undefined): Promise<Answer> {
    return this.#inbox.request(
      (reply) => this.#publish(subject, payload, header === undefined ? { reply } : { reply, headers: header }),
      takeAnswer,
    )
  }
}

function takeAnswer(msg: Msg, { resolve, reject }: WaitingRequest<Answer>): void {
  if (msg.headers?.code === NO_RESPONDERS) {
    reject(new NoStreamError())
    return
  }
  // The answer to the first message of a batch is empty.
  const answer: Answer = msg.data.length === 0 ? {} : msg.json<Answer>()
  if (answer.error === undefined) resolve(answer)
  else reject(new WriteRefusedError(answer.error))
}
