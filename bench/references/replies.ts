import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from "nats"

/**
 * Sends requests over NATS with the least possible work: one inbox subscription, and a map of the callbacks by reply subject. It has no
 * timeouts.
 */
export class Replies {
  readonly #nats: NatsConnection
  readonly #inbox = createInbox()
  readonly #waiting = new Map<string, (reply: Msg) => void>()
  #next = 0

  constructor(nats: NatsConnection) {
    this.#nats = nats
    nats.subscribe(`${this.#inbox}.*`, {
      callback: (_, reply) => {
        const resolve = this.#waiting.get(reply.subject)
        this.#waiting.delete(reply.subject)
        resolve?.(reply)
      },
    })
  }

  request(subject: string, payload: string, onReply: (reply: Msg) => void, headers?: MsgHdrs): void {
    const reply = `${this.#inbox}.${this.#next++}`
    this.#waiting.set(reply, onReply)
    this.#nats.publish(subject, payload, headers === undefined ? { reply } : { reply, headers })
  }
}
