import { headers, type NatsConnection } from "nats"
import { newInbox } from "res-service"

/** Time for JetStream's acknowledgement, in ms; less than callers give the service. */
const ACK_TIMEOUT_MS = 3000

interface Ack {
  readonly seq?: number
  readonly error?: { readonly err_code: number; readonly description: string }
}

/** JetStream refused a write; nothing was stored. `code` is its API error code. */
export class WriteRefusedError extends Error {
  override readonly name = "WriteRefusedError"
  readonly code: number

  constructor({ err_code, description }: { readonly err_code: number; readonly description: string }) {
    super(description)
    this.code = err_code
  }
}

interface Waiting {
  readonly resolve: (seq: number) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/**
 * Writes to a stream, with one inbox for all acknowledgements. A request of the NATS client makes two errors in advance, with
 * their stacks; that alone was an eighth of what a cart update costs the service.
 */
export class JetStreamWriter {
  readonly #nc: NatsConnection
  readonly #inbox: string
  readonly #waiting = new Map<string, Waiting>()
  #count = 0

  /** The subscription for acknowledgements ends with the connection. */
  constructor(nc: NatsConnection) {
    this.#nc = nc
    this.#inbox = newInbox(nc)
    nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => {
        const waiting = error === null ? this.#take(msg.subject) : undefined
        if (waiting === undefined) return
        // Empty: the server's notice that no stream listens.
        const ack: Ack = msg.data.length === 0 ? {} : msg.json<Ack>()
        if (ack.error === undefined && ack.seq !== undefined) waiting.resolve(ack.seq)
        else waiting.reject(ack.error === undefined ? new Error("no stream answers") : new WriteRefusedError(ack.error))
      },
    })
  }

  /**
   * Stores a message after the one with sequence `expected` as the last of its subject; resolves to its own sequence.
   * Rejects when it is refused, or not known to be stored.
   */
  replace(subject: string, payload: string, expected: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const reply = `${this.#inbox}.${this.#count++}`
      const timer = setTimeout(() => this.#take(reply)?.reject(new Error("no acknowledgement in time")), ACK_TIMEOUT_MS)
      this.#waiting.set(reply, { resolve, reject, timer })
      const header = headers()
      header.set("Nats-Expected-Last-Subject-Sequence", String(expected))
      try {
        this.#nc.publish(subject, payload, { reply, headers: header })
      } catch (error) {
        this.#take(reply)?.reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  #take(reply: string): Waiting | undefined {
    const waiting = this.#waiting.get(reply)
    this.#waiting.delete(reply)
    clearTimeout(waiting?.timer)
    return waiting
  }
}
