import { setTimeout as sleep } from "node:timers/promises"
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream"
import { nanos } from "nats"
import type { Logger } from "res-service"
import { isApiError, STREAM_NOT_FOUND } from "../jetstream/api-error.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { type LogId, logId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import { EVENT_SUBJECTS } from "../log/subjects.ts"

/** Most messages that one archiver holds, including those being written. It bounds the archiver's memory. */
const HELD = 5000
/** Most messages that all archivers together hold. */
const MAX_ACK_PENDING = 30_000

/** One request for messages waits this long for more, in ms. */
const FETCH_MS = 5000
const HEARTBEAT_MS = 500
const RETRY_MS = 500

/** A message of the log that is being archived and not acknowledged yet. */
export interface Taken {
  readonly message: JsMsg
  readonly log: LogId
}

/** The durable consumer that all archivers of a log share. Its name contains the log's key, so it cannot be another log's. */
export function consumerName(log: LogId): string {
  return `archiver-${log.key}`
}

/**
 * Takes messages from the log for one of any number of archivers. "In progress" acknowledgements keep them from other archivers while
 * this one lives. After `takeoverMs`, the messages of a dead archiver go to others.
 */
export class Intake {
  readonly #js: JetStream
  readonly #takeoverMs: number
  readonly #logger: Logger
  readonly #waiting: Taken[] = []
  readonly #held = new Set<JsMsg>()
  #fetching: ConsumerMessages | undefined
  #stopped = false
  #changed: (() => void)[] = []
  #filling: Promise<void> | undefined
  #working: NodeJS.Timeout | undefined

  constructor(js: JetStream, { takeoverMs, logger }: { takeoverMs: number; logger: Logger }) {
    this.#js = js
    this.#takeoverMs = takeoverMs
    this.#logger = logger
  }

  start(): void {
    this.#working = setInterval(() => {
      for (const message of this.#held) message.working()
    }, this.#takeoverMs / 3)
    this.#filling = this.#fill()
    void this.#watchReconnects()
  }

  /** The next 1 to `count` messages, as soon as there are any; none after a stop. */
  async next(count: number): Promise<Taken[]> {
    while (this.#waiting.length === 0 && !this.#stopped) await this.#change()
    return this.#stopped ? [] : this.#waiting.splice(0, count)
  }

  /** Acknowledges a message that is archived or set aside. */
  done({ message }: Taken): void {
    message.ack()
    if (this.#held.delete(message)) this.#tell()
  }

  /** Takes no more messages, and gives the held ones back, so that others get them at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#working)
    this.#fetching?.stop()
    this.#tell()
    await this.#filling
    for (const message of this.#held) message.nak()
    this.#held.clear()
  }

  async #fill(): Promise<void> {
    let failing = false
    while (!this.#stopped && !this.#js.nc.isClosed()) {
      try {
        const log = await this.#openConsumer()
        const consumer = await this.#js.client.consumers.get(STREAM, consumerName(log))
        if (failing) this.#logger.info({}, "the log can be read again")
        failing = false
        while (!this.#stopped) {
          while (this.#held.size >= HELD && !this.#stopped) await this.#change()
          if (this.#stopped) return
          this.#fetching = await consumer.fetch({
            max_messages: HELD - this.#held.size,
            expires: FETCH_MS,
            idle_heartbeat: HEARTBEAT_MS,
          })
          for await (const message of this.#fetching) this.#take(message, log)
        }
      } catch (error) {
        if (this.#stopped) return
        const reason = error instanceof Error ? error.message : String(error)
        if (isApiError(error, STREAM_NOT_FOUND)) this.#logger.debug({ reason }, "there is no log yet")
        else if (!failing) {
          failing = true
          this.#logger.warn({ reason }, "the log cannot be read now; waiting")
        }
        await sleep(RETRY_MS)
      }
    }
  }

  #take(message: JsMsg, log: LogId): void {
    if (this.#stopped) {
      message.nak()
      return
    }
    this.#held.add(message)
    this.#waiting.push({ message, log })
    this.#tell()
  }

  async #openConsumer(): Promise<LogId> {
    const log = logId((await this.#js.info(STREAM)).created)
    const name = consumerName(log)
    const limits = { ack_wait: nanos(this.#takeoverMs), max_ack_pending: MAX_ACK_PENDING }
    const consumer = await this.#js.consumer(STREAM, name)
    if (consumer === undefined) {
      await this.#js.addConsumer(STREAM, {
        durable_name: name,
        description: "What is not archived in MongoDB yet",
        filter_subjects: [EVENT_SUBJECTS],
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        max_deliver: -1,
        ...limits,
      })
    } else if (consumer.config.ack_wait !== limits.ack_wait) await this.#js.updateConsumer(STREAM, name, limits)
    return log
  }

  // Requests from before a lost connection may never be answered.
  async #watchReconnects(): Promise<void> {
    for await (const status of this.#js.nc.status()) {
      if (this.#stopped) return
      if (status.type === "reconnect") this.#fetching?.stop()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }

  #tell(): void {
    const changed = this.#changed
    this.#changed = []
    for (const resolve of changed) resolve()
  }
}
