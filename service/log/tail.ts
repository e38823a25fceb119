import type { StreamInfo } from "@nats-io/jetstream"
import type { Logger } from "res-service"
import type { Consumption } from "../jetstream/consumption.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { StoredMessage } from "./entry.ts"

const RETRY_MS = 500
/** How often a stream that seems to have lost messages is looked at: of several servers, the one that answers may be behind for seconds. */
const LOOKS = 10

export interface TailHandlers {
  /** Called once for each stored message, in the log's order. */
  onMessage(message: StoredMessage): void
  /** Whether messages are wanted as soon as they are stored: see `ConsumptionHandlers`. Default: yes. */
  isUrgent?(): boolean
  /** The stream is not the one that was followed before, so everything that was made from it is void. */
  onLost(): void
}

/** A stream to follow. */
export interface Source {
  readonly stream: string
  /** Makes the stream when it is missing. */
  open(): Promise<StreamInfo>
}

/**
 * Follows a stream from its end. After a reconnect it continues after the last message that it has seen. So each message comes once and
 * in order, even when the server is restarted.
 */
export class StreamTail {
  readonly #js: JetStream
  readonly #source: Source
  readonly #handlers: TailHandlers
  readonly #logger: Logger
  /** The stored subjects that are followed. */
  #filters: string[]
  #position = 0
  #created = ""
  #messages: Consumption | undefined
  #stopped = false
  #ignoreReplaced = (): void => {}
  #resuming: Promise<void> = Promise.resolve()
  readonly #waiting = new Set<{ readonly seq: number; readonly resolve: () => void }>()

  /** @param filters the stored subjects to follow */
  constructor(js: JetStream, source: Source, filters: string[], handlers: TailHandlers, logger: Logger) {
    this.#js = js
    this.#source = source
    this.#filters = filters
    this.#handlers = handlers
    this.#logger = logger
  }

  /** Sequence of the last message handled. */
  get position(): number {
    return this.#position
  }

  /** When the followed stream was made, as JetStream writes it; another stream of that name has another time. */
  get created(): string {
    return this.#created
  }

  /** Makes the stream when it is missing, and follows it from its end. */
  async start(): Promise<void> {
    // Before anything is asked: the stream may be replaced, and the connection lost, also while the first consumer is made.
    this.#ignoreReplaced = this.#js.onReplaced(this.#source.stream, () => void this.#resume())
    void this.#watchReconnects()
    const beginning = this.#begin()
    this.#resuming = beginning.catch(() => {})
    try {
      await beginning
    } catch (error) {
      this.stop()
      throw error
    }
  }

  /** Follows only these subjects from now on, which it followed already. */
  async narrow(filters: string[]): Promise<void> {
    this.#filters = filters
    await this.#resume()
  }

  stop(): void {
    this.#stopped = true
    this.#ignoreReplaced()
    this.#messages?.close()
  }

  /** Resolves to true when the message `seq` was handled, to false when it was not within `timeoutMs`. */
  async reached(seq: number, timeoutMs: number): Promise<boolean> {
    if (this.#position >= seq) return true
    return await new Promise((resolve) => {
      const waiter = { seq, resolve: () => done(true) }
      const timer = setTimeout(() => done(false), timeoutMs)
      const done = (reached: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
        resolve(reached)
      }
      this.#waiting.add(waiter)
      this.#messages?.hurry()
    })
  }

  async #begin(): Promise<void> {
    const { created, state } = await this.#source.open()
    this.#created = created
    this.#position = state.last_seq
    await this.#consume()
  }

  async #consume(): Promise<void> {
    const from = { filter_subjects: this.#filters, opt_start_seq: this.#position + 1 }
    const messages = await this.#js.consume(this.#source.stream, from, {
      onMessage: (message) => this.#handle(message),
      isUrgent: () => this.#waiting.size > 0 || (this.#handlers.isUrgent?.() ?? true),
      onBroken: () => void this.#resume(),
    })
    if (this.#stopped) messages.close()
    else this.#messages = messages
  }

  #handle(message: StoredMessage): void {
    if (message.seq <= this.#position) return // handled before the consumer was made again
    try {
      this.#handlers.onMessage(message)
    } catch (error) {
      this.#logger.error({ err: error, seq: message.seq }, "a message of the log could not be handled")
    }
    this.#position = message.seq
    this.#js.noteStored(this.#source.stream, message.seq)
    for (const waiter of this.#waiting) if (waiter.seq <= message.seq) waiter.resolve()
  }

  // The consumer lives in the server's memory, so it is gone after a restart. It is made again at once; waiting for heartbeats to fail
  // takes longer.
  async #watchReconnects(): Promise<void> {
    for await (const status of this.#js.nc.status()) {
      if (this.#stopped) return
      // Without a connection its silence means nothing.
      if (status.type === "disconnect") this.#messages?.close()
      if (status.type === "reconnect") await this.#resume()
    }
  }

  // One after the other, so that only one consumer is left.
  #resume(): Promise<void> {
    this.#resuming = this.#resuming.then(() => this.#resumeOnce())
    return this.#resuming
  }

  async #resumeOnce(): Promise<void> {
    while (!this.#stopped && !this.#js.nc.isClosed()) {
      try {
        this.#messages?.close()
        const { created, state } = await this.#look()
        if (created !== this.#created || state.last_seq < this.#position) {
          this.#logger.error(
            { last: state.last_seq, known: this.#position },
            "the log is not the one that was followed before; starting again with the new one",
          )
          this.#created = created
          this.#position = state.last_seq
          this.#js.forget(this.#source.stream)
          this.#handlers.onLost()
        }
        await this.#consume()
        return
      } catch (error) {
        this.#logger.warn({ err: error }, "the log cannot be followed yet")
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async #look(): Promise<StreamInfo> {
    for (let look = 1; ; look++) {
      const info = await this.#source.open()
      const isBehind = info.created === this.#created && info.state.last_seq < this.#position
      if (!isBehind || this.#js.replicas === 1 || look === LOOKS) return info
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
