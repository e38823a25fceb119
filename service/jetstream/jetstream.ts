import { setTimeout as sleep } from "node:timers/promises"
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerUpdateConfig,
  DeliverPolicy,
  type DirectBatchOptions,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  type MsgRequest,
  type StoredMsg,
  type StreamInfo,
} from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import { type Headers, type Logger, silentLogger } from "res-service"
import { CONSUMER_NOT_FOUND, isApiError, NO_MESSAGE_FOUND, SEQUENCE_NOT_FOUND } from "./api-error.ts"
import { Consumption, type ConsumptionHandlers } from "./consumption.ts"
import { DirectReader } from "./direct-reader.ts"
import { isMissing, OwnStreams, type StreamSettings } from "./own-streams.ts"
import { StreamProgress } from "./progress.ts"
import { withIdentity } from "./stream-identity.ts"
import { orUnavailable } from "./unavailable.ts"
import { type Ack, JetStreamWriter, type NewMessage } from "./writer.ts"

/** Time for JetStream's answer to a request, in ms; less than callers give the service. */
const REQUEST_TIMEOUT_MS = 4000

/** When nats-server drops a consumer whose messages nobody asks for any more, in ms. */
const CONSUMER_IDLE_MS = 60_000

/** The servers of a cluster learn of a new stream one after the other: how often they are asked, and how long in between, in ms. */
const SPREAD_ATTEMPTS = 10
const SPREAD_PAUSE_MS = 100

/** Selects a message: by its sequence, the last of a subject, or the first of some subjects from a sequence on. */
export type MessageQuery =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  | { readonly seq: number; readonly next_by_subj: string }

export interface JetStreamOptions {
  /** As the setting NATS_REPLICAS. Default 1. */
  readonly replicas?: number
  /** Default: silent. */
  readonly logger?: Logger
}

/** Messages of a stream. */
export interface Batch {
  /** Oldest first. */
  readonly messages: StoredMsg[]
  /** How many more match after the last one, at least. */
  readonly pending: number
}

/**
 * JetStream over one connection. Making it sends nothing.
 *
 * Every method throws `system.serviceUnavailable` when JetStream gives no answer (it is away, too slow, has no such stream, the
 * connection is closed) or refuses. The error's cause is the NATS client's error; `isApiError` reads JetStream's code from it.
 *
 * A stream that was opened here is made again when somebody has deleted it, and the request that found it missing is repeated: see
 * `OwnStreams`.
 *
 * Reads give everything that was acknowledged before. With replicas the one that answers may be behind, so the leader is asked for
 * single messages, and for what a batch may lack, and must have what is known to be stored: see `StreamProgress`.
 */
export class JetStream {
  readonly nc: NatsConnection
  readonly client: JetStreamClient
  /** On how many servers each stream is stored. */
  readonly replicas: number
  readonly #manager: Promise<JetStreamManager>
  readonly #writer: JetStreamWriter
  readonly #reader: DirectReader
  readonly #streams: OwnStreams
  readonly #opened = new Set<string>()
  /** Undefined without replicas. */
  readonly #progress: StreamProgress | undefined

  constructor(nc: NatsConnection, { replicas = 1, logger = silentLogger }: JetStreamOptions = {}) {
    this.nc = nc
    this.client = jetstream(nc, { timeout: REQUEST_TIMEOUT_MS })
    this.replicas = replicas
    this.#manager = this.client.jetstreamManager(false)
    this.#writer = new JetStreamWriter(nc)
    this.#reader = new DirectReader(nc)
    this.#streams = new OwnStreams(nc, this.#manager, replicas, logger)
    this.#progress = replicas === 1 ? undefined : new StreamProgress((stream) => this.#leaderInfo(stream))
  }

  /**
   * Makes a stream, or gives these settings to an existing one. From then on it is made again when it is missing. Resolves to what `info`
   * does.
   *
   * @throws {SettingError} NATS has fewer servers than replicas · {StreamFormatError} another version made the stream
   */
  async open(settings: StreamSettings): Promise<StreamInfo> {
    if (!this.#opened.has(settings.name)) this.onReplaced(settings.name, () => this.forget(settings.name))
    this.#opened.add(settings.name)
    return withIdentity(await this.#streams.open(settings))
  }

  /** A message of a stream is known to be stored: whoever answers a read from now on must have it. */
  noteStored(stream: string, seq: number): void {
    this.#progress?.note(stream, seq)
  }

  /** A stream has lost messages that were known to be stored. */
  forget(stream: string): void {
    this.#progress?.forget(stream)
  }

  /**
   * Calls `listener` when a stream that was opened here is another one than before: it was deleted and made again, so everything that was
   * made from it is void. The returned function ends that.
   */
  onReplaced(stream: string, listener: () => void): () => void {
    return this.#streams.onReplaced(stream, listener)
  }

  /** Makes streams again that are missing. Resolves when all are there, or after a second. */
  async restore(): Promise<void> {
    await this.#streams.restore()
  }

  /** `created` stays the same when the stream is restored from a backup. */
  async info(stream: string): Promise<StreamInfo> {
    return await (this.#progress?.info(stream) ?? this.#leaderInfo(stream))
  }

  /** Reads from a stream's leader, in a way of its own. `seqOf`: the sequence of what was read. */
  async read<T>(
    stream: string,
    read: () => Promise<T | undefined>,
    seqOf: (found: T) => number,
  ): Promise<T | undefined> {
    return await (this.#progress?.read(stream, read, seqOf) ?? read())
  }

  /** Undefined: there is no such consumer. */
  async consumer(stream: string, name: string): Promise<ConsumerInfo | undefined> {
    return await this.#ask(stream, ({ consumers }) =>
      consumers.info(stream, name).catch(unlessCode(CONSUMER_NOT_FOUND, undefined)),
    )
  }

  async addConsumer(stream: string, config: Partial<ConsumerConfig>): Promise<void> {
    await this.#ask(stream, ({ consumers }) => consumers.add(stream, config))
  }

  async updateConsumer(stream: string, name: string, changes: Partial<ConsumerUpdateConfig>): Promise<void> {
    await this.#ask(stream, ({ consumers }) => consumers.update(stream, name, changes))
  }

  /** One message. Undefined: there is none. */
  async message(stream: string, query: MessageQuery): Promise<StoredMsg | undefined> {
    return this.replicas === 1
      ? ((await this.#ask(stream, ({ direct }) => direct.getMessage(stream, query))) ?? undefined)
      : await this.#leaderMessage(stream, query)
  }

  /** Messages of a stream; none when nothing matches. */
  async batch(stream: string, options: DirectBatchOptions & { readonly batch: number }): Promise<Batch> {
    // Of the replica that answers, oldest first.
    const messages = await this.run(stream, () => this.#reader.read(stream, options))
    const pending = pendingAfter(messages.at(-1))
    if (this.replicas === 1 || pending > 0) return { messages, pending }
    // The replica has no more.
    for (;;) {
      const next = await this.#messageAfter(stream, messages.at(-1), options)
      if (next === undefined) return { messages, pending: 0 }
      if (messages.length === options.batch) return { messages, pending: 1 }
      messages.push(next)
    }
  }

  /** Deletes a message and overwrites its bytes on the disk. False: it was gone already. */
  async erase(stream: string, seq: number): Promise<boolean> {
    return await this.#ask(stream, ({ streams }) =>
      streams
        .deleteMessage(stream, seq, true)
        .catch((error: unknown) =>
          isApiError(error, SEQUENCE_NOT_FOUND) ? false : unlessCode(NO_MESSAGE_FOUND, false)(error),
        ),
    )
  }

  /** As `erase`, the last message of a subject. */
  async eraseLast(stream: string, subject: string): Promise<boolean> {
    const message = await this.#leaderMessage(stream, { last_by_subj: subject })
    return message !== undefined && (await this.erase(stream, message.seq))
  }

  /** Publishes a message; resolves when a stream has stored it. */
  publish(subject: string, payload: string | Uint8Array, headers?: Headers): Promise<Ack> {
    return this.#noted(this.run(subject, () => this.#writer.publish(subject, payload, headers)))
  }

  /** As `publish`, but resolves to undefined when JetStream refuses the message with this code. */
  publishUnless(code: number, subject: string, payload: string, headers: Headers): Promise<Ack | undefined> {
    return this.#noted(this.run(subject, () => this.#writer.publishUnless(code, subject, payload, headers)))
  }

  /** Publishes messages as one atomic batch: see `JetStreamWriter.publishBatch`. */
  publishBatch(messages: readonly NewMessage[]): Promise<Ack> {
    return this.#noted(this.run(messages[0]?.subject ?? "", () => this.#writer.publishBatch(messages)))
  }

  /** As `publish`, on condition that the last message of the subject has the sequence `expected`. Resolves to the new sequence. */
  async replace(subject: string, payload: string, expected: number, headers?: Headers): Promise<number> {
    return await this.run(subject, () => this.#writer.replace(subject, payload, expected, headers))
  }

  /** Makes a consumer of the messages of some subjects from a sequence on, and takes them. It is gone with nats-server, whose memory has it. */
  async consume(
    stream: string,
    from: Pick<ConsumerConfig, "filter_subjects" | "opt_start_seq">,
    handlers: ConsumptionHandlers,
  ): Promise<Consumption> {
    const { name } = await this.#ask(stream, ({ consumers }) =>
      consumers.add(stream, {
        ...from,
        deliver_policy: DeliverPolicy.StartSequence,
        ack_policy: AckPolicy.None,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanos(CONSUMER_IDLE_MS),
      }),
    )
    return new Consumption(this.nc, stream, name, handlers)
  }

  /** Runs a request to JetStream. When a stream is missing that was opened here, it is made again, and the request is repeated. */
  async run<T>(name: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      return await orUnavailable(`JetStream does not answer for ${name}`, this.#runAgain(request, error))
    }
  }

  async #runAgain<T>(request: () => Promise<T>, error: unknown): Promise<T> {
    if (!isMissing(error) || !(await this.#streams.restore())) throw error
    for (let attempt = 1; ; attempt++) {
      try {
        return await request()
      } catch (again) {
        if (!isMissing(again) || this.replicas === 1 || attempt === SPREAD_ATTEMPTS) throw again
      }
      await sleep(SPREAD_PAUSE_MS)
    }
  }

  async #ask<T>(stream: string, request: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return await this.run(stream, async () => await request(await this.#manager))
  }

  /** Notes what was stored. Without replicas it does nothing, and returns the same promise. */
  #noted<A extends Ack | undefined>(writing: Promise<A>): Promise<A> {
    if (this.#progress === undefined) return writing
    return writing.then((ack) => {
      if (ack !== undefined) this.noteStored(ack.stream, ack.seq)
      return ack
    })
  }

  async #leaderInfo(stream: string): Promise<StreamInfo> {
    return withIdentity(await this.#ask(stream, ({ streams }) => streams.info(stream)))
  }

  /** From the leader, which has all messages. */
  async #leaderMessage(stream: string, query: MsgRequest): Promise<StoredMsg | undefined> {
    return await this.read(
      stream,
      async () => (await this.#ask(stream, ({ streams }) => streams.getMessage(stream, query))) ?? undefined,
      ({ seq }) => seq,
    )
  }

  async #messageAfter(
    stream: string,
    last: StoredMsg | undefined,
    { seq, start_time, next_by_subj }: DirectBatchOptions,
  ): Promise<StoredMsg | undefined> {
    const from = last === undefined ? { seq, start_time } : { seq: last.seq + 1 }
    const query = { ...from, ...(next_by_subj === undefined ? {} : { next_by_subj }) }
    return await this.#leaderMessage(stream, query as MsgRequest)
  }
}

/** How many messages follow of those that a batched direct get selects. */
export function pendingAfter(message: StoredMsg | undefined): number {
  return Number(message?.header.get("Nats-Num-Pending") || 0)
}

/** Handles an error with this code as the answer `otherwise`. */
function unlessCode<T>(code: number, otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isApiError(error, code)) return otherwise
    throw error
  }
}
