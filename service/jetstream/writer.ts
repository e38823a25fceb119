import { randomUUID } from "node:crypto"
import type { Msg, NatsConnection } from "nats"
import { type Conn, type Headers, natsConn } from "res-service"
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
  /** The stream that has stored the message; empty if that is not known. */
  readonly stream: string
  /** Sequence of the stored message. */
  readonly seq: number
  /** The message ID was used before, by the message with that sequence; nothing was stored now. */
  readonly duplicate: boolean
}

interface Answer extends Partial<Ack> {
  readonly error?: { readonly err_code: number; readonly description: string }
}

/** A message to publish. */
export interface NewMessage {
  readonly subject: string
  readonly payload: string
  /** Undefined: it has none. */
  readonly headers?: Headers | undefined
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

/** No stream takes messages of the subject. Nothing was stored. */
export class NoStreamError extends Error {
  override readonly name = "NoStreamError"

  constructor() {
    super("no stream answers")
  }
}

/** Publishes messages to streams and waits for their acknowledgements. */
export class JetStreamWriter {
  readonly #conn: Conn
  readonly #inbox: ReplyInbox

  constructor(nc: NatsConnection) {
    this.#conn = natsConn(nc)
    this.#inbox = new ReplyInbox(nc, ACK_TIMEOUT_MS, "no acknowledgement in time")
  }

  /** Resolves when the message is stored. Rejects when JetStream refuses it, or when it is not known to be stored. */
  async publish(subject: string, payload: string | Uint8Array, headers?: Headers): Promise<Ack> {
    return ackOf(await this.#request(subject, payload, headers))
  }

  /** As `publish`, but resolves to undefined when JetStream refuses the message with this code, which takes less time than an error. */
  async publishUnless(code: number, subject: string, payload: string, headers: Headers): Promise<Ack | undefined> {
    const answer = await this.#request(subject, payload, headers)
    return answer.error?.err_code === code ? undefined : ackOf(answer)
  }

  /**
   * Publishes messages as one atomic batch: all are stored, one after the other, or none. `seq` is the sequence of the last one; for a
   * duplicate it is not known and 0.
   */
  async publishBatch(messages: readonly NewMessage[]): Promise<Ack> {
    const batchId = randomUUID()
    const last = messages.length - 1
    const send = (reply: string): void => {
      for (const [i, { subject, payload, headers }] of messages.entries()) {
        // A literal with a spread in it takes fifteen times as long, more than the rest of the message.
        const own = Object.assign({}, headers, { "Nats-Batch-Id": batchId, "Nats-Batch-Sequence": String(i + 1) })
        if (i < last) this.#conn.publish(subject, payload, undefined, own)
        else this.#conn.publish(subject, payload, reply, { ...own, "Nats-Batch-Commit": "1" })
      }
    }
    try {
      // JetStream refuses the last message if it has not taken all others, so no other one needs an answer.
      return ackOf(await this.#inbox.request(send, takeAnswer))
    } catch (error) {
      if (isApiError(error, DUPLICATE_IN_BATCH)) return { stream: "", seq: 0, duplicate: true }
      throw error
    }
  }

  /**
   * Publishes a message that JetStream stores only if the last message of its subject has the sequence `expected`. Resolves to the new
   * message's sequence; rejects as `publish`.
   */
  async replace(subject: string, payload: string, expected: number, headers?: Headers): Promise<number> {
    // Not a literal with a spread: see `publishBatch`.
    const all = Object.assign({ "Nats-Expected-Last-Subject-Sequence": String(expected) }, headers)
    return (await this.publish(subject, payload, all)).seq
  }

  #request(subject: string, payload: string | Uint8Array, headers: Headers | undefined): Promise<Answer> {
    return this.#inbox.request((reply) => this.#conn.publish(subject, payload, reply, headers), takeAnswer)
  }
}

/** @throws {WriteRefusedError | NoStreamError} */
function ackOf({ error, stream = "", seq, duplicate = false }: Answer): Ack {
  if (error !== undefined) throw new WriteRefusedError(error)
  if (seq === undefined) throw new NoStreamError()
  return { stream, seq, duplicate }
}

function takeAnswer(msg: Msg, { resolve, reject }: WaitingRequest<Answer>): void {
  if (msg.headers?.code === NO_RESPONDERS) {
    reject(new NoStreamError())
    return
  }
  // It is empty if something else than a stream answers.
  resolve(msg.data.length === 0 ? {} : msg.json<Answer>())
}
