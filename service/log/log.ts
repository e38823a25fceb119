import type { StreamInfo, StreamState } from "@nats-io/jetstream"
import { type Logger, ResError } from "res-service"
import type { BasketWork } from "../../contract/basket-work.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Part } from "../part-list.ts"
import { ONCE } from "../shards.ts"
import { SummedLog } from "../summed-log.ts"
import { type Idempotency, LogAppender } from "./appender.ts"
import { exampleOf, type LogRecord, readRecord, SET_ASIDE, type StoredMessage } from "./entry.ts"
import { type LogId, logId } from "./log-id.ts"
import type { NewEvents } from "./new-events.ts"
import { type Appended, ProducerAppender, type ProducerRequest } from "./producers/producer-appender.ts"
import { RecordStore } from "./producers/record-store.ts"
import { LogReader } from "./reader.ts"
import { openStream, type Retention, STREAM } from "./stream.ts"
import { partitionOfStoredSubject, recordSubjects } from "./subjects.ts"
import { StreamTail } from "./tail.ts"

/** Something that is made from the log. */
export interface LogFollower {
  /** Called for each new message, in the log's order. `record` is undefined when the message is not valid. */
  take(message: StoredMessage, record: LogRecord | undefined): void
  /** The log is not the one that was followed before, so everything that was made from these shards of it is void. */
  lose(shards: readonly number[]): void
  /** Whether somebody waits for what it makes of messages, so that they must come as soon as they are stored. Default: nobody does. */
  readonly isUrgent?: boolean
}

/** Follows some shards, which were acquired together. */
interface FollowedShards {
  readonly tail: StreamTail
  readonly shards: Set<number>
}

/** The log, which is the stream UPDATES: append to it, read it, follow the shards of it that this process owns. */
export class Log implements Part {
  readonly reader: LogReader
  readonly #js: JetStream
  readonly #retention: Retention
  readonly #logger: Logger
  readonly #appender: LogAppender
  readonly #records: RecordStore
  readonly #producers: ProducerAppender
  readonly #followed = new Set<FollowedShards>()
  readonly #setAsideLog: SummedLog
  #followers: readonly LogFollower[] = []
  #wholeLogFollower: LogFollower | undefined
  #created = ""
  #setAside = 0

  constructor(js: JetStream, retention: Retention, logger: Logger) {
    this.reader = new LogReader(js)
    this.#js = js
    this.#retention = retention
    this.#logger = logger
    this.#appender = new LogAppender(js)
    this.#records = new RecordStore(js)
    this.#producers = new ProducerAppender(js, this.#records)
    this.#setAsideLog = new SummedLog(logger, "warn", SET_ASIDE)
  }

  /** Makes the stream when it is missing. */
  async start(): Promise<void> {
    await this.#open()
    await this.#appender.open()
  }

  stop(): void {
    for (const { tail } of this.#followed) tail.stop()
    this.#setAsideLog.stop()
  }

  /**
   * Passes new messages on. Call it before `start`.
   *
   * @param wholeLog gets all messages, if this process owns the shard `ONCE`
   * @param followers get the messages of the shards that this process owns
   */
  follow(wholeLog: LogFollower, ...followers: readonly LogFollower[]): void {
    this.#wholeLogFollower = wholeLog
    this.#followers = followers
  }

  /** Follows the log from its end for these shards. */
  async acquire(acquired: readonly number[]): Promise<void> {
    const shards = new Set(acquired.filter((shard) => this.#followerOf(shard) === undefined))
    if (shards.size === 0) return
    const source = { stream: STREAM, open: () => this.#open() }
    const tail = new StreamTail(
      this.#js,
      source,
      subjectsOf(shards),
      {
        onMessage: (message) => this.#take(message, shards),
        isUrgent: () => this.#followers.some(({ isUrgent }) => isUrgent),
        onLost: () => this.#lose(shards),
      },
      this.#logger,
    )
    await tail.start()
    this.#followed.add({ tail, shards })
  }

  async release(released: readonly number[]): Promise<void> {
    for (const followed of [...this.#followed]) {
      const { tail, shards } = followed
      const before = shards.size
      for (const shard of released) shards.delete(shard)
      if (shards.size === before) continue
      if (shards.size > 0) await tail.narrow(subjectsOf(shards))
      else {
        this.#followed.delete(followed)
        tail.stop()
      }
    }
  }

  /** Which log it is. */
  get id(): LogId {
    return logId(this.created)
  }

  /**
   * Runs a read of a shard's messages and of how far its followers are. Resolves to what it gives, and to the log that all of it is of.
   *
   * @throws {ResError} `system.serviceUnavailable`: this process does not own the shard, or there is another log, which its followers
   * have not noticed yet, or have noticed meanwhile
   */
  async ofOneLog<T>(shard: number, read: () => Promise<T>): Promise<{ readonly value: T; readonly log: LogId }> {
    const before = this.#followerOf(shard)?.created
    const value = await read()
    // Asked last: then all that was read is of this log.
    const { created } = await this.#js.info(STREAM)
    if (created !== before || created !== this.#followerOf(shard)?.created)
      throw new ResError("system.serviceUnavailable")
    return { value, log: logId(created) }
  }

  /** When the stream was made, as JetStream writes it. */
  get created(): string {
    return this.#created
  }

  /** The sequence up to which the followers of a shard have taken all messages of the shard; 0: this process does not own it. */
  positionOf(shard: number): number {
    return this.#followerOf(shard)?.position ?? 0
  }

  /** Messages since the start that are not valid. */
  get setAside(): number {
    return this.#setAside
  }

  /** Resolves to true when the followers of a shard have taken its message `seq`, to false when they have not within `timeoutMs`. */
  async reached(shard: number, seq: number, timeoutMs: number): Promise<boolean> {
    return (await this.#followerOf(shard)?.reached(seq, timeoutMs)) ?? false
  }

  /** As `reached`. @throws {ResError} `system.serviceUnavailable`: not in time */
  async reach(shard: number, seq: number, timeoutMs: number): Promise<void> {
    if (!(await this.reached(shard, seq, timeoutMs))) throw new ResError("system.serviceUnavailable")
  }

  /** Stores events of a shop: see `LogAppender.append`. */
  append(shopId: string, events: NewEvents, idempotency?: Idempotency): Promise<number[]> {
    return this.#appender.append(shopId, events, idempotency)
  }

  /** Stores a producer's events of a shop: see `ProducerAppender.append`. */
  appendOnce(shopId: string, request: ProducerRequest): Promise<Appended> {
    return this.#producers.append(shopId, request)
  }

  /** Stores work of the staff on a basket: see `LogAppender.tend`. */
  tend(shopId: string, work: BasketWork): Promise<number> {
    return this.#appender.tend(shopId, work)
  }

  /** What the stream has now. */
  async state(): Promise<StreamState> {
    return (await this.#js.info(STREAM)).state
  }

  /** Removes a message and overwrites its bytes on the disk. False: it was gone already. */
  async erase(seq: number): Promise<boolean> {
    const message = await this.reader.message(seq)
    if (message === undefined) return false
    await this.#records.settle(message)
    return await this.#js.erase(STREAM, seq)
  }

  async #open(): Promise<StreamInfo> {
    const info = await openStream(this.#js, this.#retention)
    this.#created = info.created
    return info
  }

  #followerOf(shard: number): StreamTail | undefined {
    for (const { tail, shards } of this.#followed) if (shards.has(shard)) return tail
    return undefined
  }

  #take(message: StoredMessage, shards: ReadonlySet<number>): void {
    const wholeLogFollower = shards.has(ONCE) ? this.#wholeLogFollower : undefined
    const isOwned = shards.has(partitionOfStoredSubject(message.subject))
    if (wholeLogFollower === undefined && !isOwned) return
    occurrences.logRecord.tell(Date.now() - message.time.getTime())
    const record = readRecord(message)
    if ("reason" in record) {
      this.#setAside++
      this.#setAsideLog.add(record.reason, exampleOf(message))
    }
    const valid = "reason" in record ? undefined : record
    wholeLogFollower?.take(message, valid)
    if (isOwned) for (const follower of this.#followers) follower.take(message, valid)
  }

  #lose(shards: ReadonlySet<number>): void {
    for (const follower of this.#followers) follower.lose([...shards])
    if (shards.has(ONCE)) this.#wholeLogFollower?.lose([ONCE])
  }
}

function subjectsOf(shards: ReadonlySet<number>): string[] {
  return recordSubjects(shards.has(ONCE) ? undefined : [...shards])
}
