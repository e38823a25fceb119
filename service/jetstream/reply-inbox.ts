import type { Msg, NatsConnection } from "nats"
import { newInbox } from "res-service"

/** A request that waits. Its first `resolve` or `reject` ends it. */
export interface WaitingRequest<T> {
  resolve(result: T): void
  reject(error: Error): void
}

/**
 * One inbox for the answers to many requests. A request of the NATS client makes two errors in advance, with their stacks, and its batch
 * gets leave a subscription behind for good.
 */
export class ReplyInbox {
  readonly #nc: NatsConnection
  readonly #timeoutMs: number
  readonly #lateMessage: string
  readonly #receivers = new Map<string, (msg: Msg) => void>()
  #inbox: string | undefined
  #count = 0

  /** @param lateMessage of the error of a request that has not ended within `timeoutMs` */
  constructor(nc: NatsConnection, timeoutMs: number, lateMessage: string) {
    this.#nc = nc
    this.#timeoutMs = timeoutMs
    this.#lateMessage = lateMessage
  }

  /**
   * Sends a request and waits until `receive`, which gets each message of the answer, ends it.
   *
   * @param send sends it with this reply subject
   */
  request<T>(send: (reply: string) => void, receive: (msg: Msg, waiting: WaitingRequest<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#inbox ??= this.#open()
      const reply = `${this.#inbox}.${this.#count++}`
      const end = (): void => {
        clearTimeout(timer)
        this.#receivers.delete(reply)
      }
      const waiting: WaitingRequest<T> = {
        resolve: (result) => {
          end()
          resolve(result)
        },
        reject: (error) => {
          end()
          reject(error)
        },
      }
      const timer = setTimeout(() => waiting.reject(new Error(this.#lateMessage)), this.#timeoutMs)
      this.#receivers.set(reply, (msg) => receive(msg, waiting))
      try {
        send(reply)
      } catch (error) {
        waiting.reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  /** The subscription ends with the connection. */
  #open(): string {
    const inbox = newInbox(this.#nc)
    this.#nc.subscribe(`${inbox}.*`, {
      callback: (error, msg) => {
        if (error === null) this.#receivers.get(msg.subject)?.(msg)
      },
    })
    return inbox
  }
}
