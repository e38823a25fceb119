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

/** The headers of each message of a batch, by its index. */
export type HeadersOf = (index: number) => Headers | undefined

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
   * Publishes messages as one atomic batch: all are stored, or none. `seq` is the sequence of the last one; for a duplicate it is
   * not known and 0.
   *
   * @param own headers of the message with an index
   */
  async publishBatch(subject: string, payloads: readonly string[], own?: HeadersOf): Promise<Ack> {
    const batchId = randomUUID()
    const last = payloads.length - 1
    const headersOf = (i: number): Headers => ({
      ...own?.(i),
      "Nats-Batch-Id": batchId,
      "Nats-Batch-Sequence": String(i + 1),
      ...(i === last ? { "Nats-Batch-Commit": "1" } : {}),
    })
    try {
      // JetStream answers the first message if it takes batches, and the last one when all are stored.
      for (const [i, payload] of payloads.slice(0, -1).entries()) {
        if (i > 0) this.#conn.publish(subject, payload, undefined, headersOf(i))
        else throwRefusal(await this.#request(subject, payload, headersOf(i)))
      }
      return await this.publish(subject, payloads[last] ?? "", headersOf(last))
    } catch (error) {
      if (isApiError(error, DUPLICATE_IN_BATCH)) return { stream: "", seq: 0, duplicate: true }
      throw error
    }
  }

  /**
   * Publishes a message that JetStream stores only if the last message of its subject has the sequence `expected`. Resolves to the new
   * message's sequence; rejects as `publish`.
   */
  async replace(subject: string, payload: string, expected: number): Promise<number> {
    const headers = { "Nats-Expected-Last-Subject-Sequence": String(expected) }
    return (await this.publish(subject, payload, headers)).seq
  }

  #request(subject: string, payload: string | Uint8Array, headers: Headers | undefined): Promise<Answer> {
    return this.#inbox.request((reply) => this.#conn.publish(subject, payload, reply, headers), takeAnswer)
  }
}

/** @throws {WriteRefusedError} */
function throwRefusal({ error }: Answer): void {
  if (error !== undefined) throw new WriteRefusedError(error)
}

/** @throws {WriteRefusedError | NoStreamError} */
function ackOf(answer: Answer): Ack {
  throwRefusal(answer)
  const { stream = "", seq, duplicate = false } = answer
  if (seq === undefined) throw new NoStreamError()
  return { stream, seq, duplicate }
}

function takeAnswer(msg: Msg, { resolve, reject }: WaitingRequest<Answer>): void {
  if (msg.headers?.code === NO_RESPONDERS) {
    reject(new NoStreamError())
    return
  }
  // The answer to the first message of a batch is empty.
  resolve(msg.data.length === 0 ? {} : msg.json<Answer>())
}
