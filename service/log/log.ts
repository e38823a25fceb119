import type { StreamState } from "@nats-io/jetstream"
import { type Logger, ResError } from "res-service"
import type { Acknowledgement } from "../../contract/acknowledgement.ts"
import type { PublishEvent } from "../../contract/publish-event.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Part } from "../part-list.ts"
import { SummedLog } from "../summed-log.ts"
import { type Idempotency, LogAppender } from "./appender.ts"
import { exampleOf, type LogRecord, readRecord, SET_ASIDE, type StoredMessage } from "./entry.ts"
import { type LogId, logId } from "./log-id.ts"
import { LogReader } from "./reader.ts"
import { type Retention, STREAM } from "./stream.ts"
import { LogTail } from "./tail.ts"

/** Something that is made from the log. */
export interface LogFollower {
  /** Called for each new message, in the log's order. `record` is undefined when the message is not valid. */
  take(message: StoredMessage, record: LogRecord | undefined): void
  /** The log is not the one that was followed before, so everything that was made from it is void. */
  lose(): void
}

/** The log, which is the stream UPDATES: append to it, read it, follow it. */
export class Log implements Part {
  readonly reader: LogReader
  readonly #js: JetStream
  readonly #appender: LogAppender
  readonly #tail: LogTail
  readonly #followers: LogFollower[] = []
  readonly #setAsideLog: SummedLog
  #setAside = 0

  constructor(js: JetStream, retention: Retention, logger: Logger) {
    this.reader = new LogReader(js)
    this.#js = js
    this.#appender = new LogAppender(js)
    this.#setAsideLog = new SummedLog(logger, "warn", SET_ASIDE)
    const onLost = (): void => {
      for (const follower of this.#followers) follower.lose()
    }
    this.#tail = new LogTail(js, retention, { onMessage: (message) => this.#take(message), onLost }, logger)
  }

  /** Makes the stream when it is missing, and follows it from its end. */
  async start(): Promise<void> {
    await this.#appender.open()
    await this.#tail.start()
  }

  async stop(): Promise<void> {
    await this.#tail.stop()
    this.#setAsideLog.stop()
  }

  /** Passes new messages on to these followers, in this order. Call it before `start`. */
  follow(...followers: readonly LogFollower[]): void {
    this.#followers.push(...followers)
  }

  /** Which log is followed. */
  get id(): LogId {
    return logId(this.created)
  }

  /** When the followed stream was made, as JetStream writes it. */
  get created(): string {
    return this.#tail.created
  }

  /** Sequence of the last message that the followers have taken. */
  get position(): number {
    return this.#tail.position
  }

  /** Messages since the start that are not valid. */
  get setAside(): number {
    return this.#setAside
  }

  /** Resolves to true when the followers have taken the message `seq`, to false when they have not within `timeoutMs`. */
  async reached(seq: number, timeoutMs: number): Promise<boolean> {
    return await this.#tail.reached(seq, timeoutMs)
  }

  /** As `reached`. @throws {ResError} `system.serviceUnavailable`: not in time */
  async reach(seq: number, timeoutMs: number): Promise<void> {
    if (!(await this.reached(seq, timeoutMs))) throw new ResError("system.serviceUnavailable")
  }

  /** Stores events of a shop: see `LogAppender.append`. */
  async append(shopId: string, events: readonly PublishEvent[], idempotency?: Idempotency): Promise<number[]> {
    return await this.#appender.append(shopId, events, idempotency)
  }

  /** Stores an acknowledgement of a basket: see `LogAppender.acknowledge`. */
  async acknowledge(shopId: string, acknowledgement: Acknowledgement): Promise<number> {
    return await this.#appender.acknowledge(shopId, acknowledgement)
  }

  /** What the stream has now. */
  async state(): Promise<StreamState> {
    return (await this.#js.info(STREAM)).state
  }

  /** Removes a message and overwrites its bytes on the disk. False: it was gone already. */
  async erase(seq: number): Promise<boolean> {
    return await this.#js.erase(STREAM, seq)
  }

  #take(message: StoredMessage): void {
    const record = readRecord(message)
    if ("reason" in record) {
      this.#setAside++
      this.#setAsideLog.add(record.reason, exampleOf(message))
    }
    for (const follower of this.#followers) follower.take(message, "reason" in record ? undefined : record)
  }
}
