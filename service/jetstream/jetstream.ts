import {
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerMessages,
  type ConsumerUpdateConfig,
  type DirectBatchOptions,
  type DirectMsgRequest,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  type OrderedConsumerOptions,
  type StoredMsg,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream"
import type { MsgHdrs, NatsConnection } from "nats"
import { CONSUMER_NOT_FOUND, isApiError, NO_MESSAGE_FOUND, NO_RESULTS, SEQUENCE_NOT_FOUND } from "./api-error.ts"
import { orUnavailable } from "./unavailable.ts"
import { type Ack, JetStreamWriter } from "./writer.ts"

/** Time for JetStream's answer to a request, in ms; less than callers give the service. */
const REQUEST_TIMEOUT_MS = 4000

/** How often a consumer's messages are asked for, and how long it may be silent before it is made again, in ms. */
const PULL_EXPIRES_MS = 5000
const HEARTBEAT_MS = 1000
const MAX_IN_FLIGHT = 2000

/**
 * JetStream over one connection. Opening it sends nothing.
 *
 * Every method throws `system.serviceUnavailable` when JetStream gives no answer (it is away, too slow, has no such stream, the
 * connection is closed) or refuses. The error's cause is the NATS client's error; `isApiError` reads JetStream's code from it.
 */
export class JetStream {
  readonly nc: NatsConnection
  readonly client: JetStreamClient
  readonly #manager: Promise<JetStreamManager>
  readonly #writer: JetStreamWriter

  constructor(nc: NatsConnection) {
    this.nc = nc
    this.client = jetstream(nc, { timeout: REQUEST_TIMEOUT_MS })
    this.#manager = this.client.jetstreamManager(false)
    this.#writer = new JetStreamWriter(nc)
  }

  async info(stream: string): Promise<StreamInfo> {
    return await this.#ask(stream, ({ streams }) => streams.info(stream))
  }

  async add(config: Partial<StreamConfig> & { readonly name: string }): Promise<StreamInfo> {
    return await this.#ask(config.name, ({ streams }) => streams.add(config))
  }

  /** Changes some of a stream's settings. */
  async update(stream: string, changes: Partial<StreamConfig>): Promise<StreamInfo> {
    return await this.#ask(stream, async ({ streams }) => {
      const { config } = await streams.info(stream)
      return await streams.update(stream, { ...config, ...changes })
    })
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

  /** One message, from any replica. Undefined: the replica does not have it. */
  async message(stream: string, query: DirectMsgRequest): Promise<StoredMsg | undefined> {
    return (await this.#ask(stream, ({ direct }) => direct.getMessage(stream, query))) ?? undefined
  }

  /** One message, from the leader, which has all of them. */
  async leaderMessage(
    stream: string,
    query: { readonly seq: number } | { readonly last_by_subj: string },
  ): Promise<StoredMsg | undefined> {
    return (await this.#ask(stream, ({ streams }) => streams.getMessage(stream, query))) ?? undefined
  }

  /** Messages of a stream, oldest first; none when nothing matches. */
  async batch(stream: string, options: DirectBatchOptions): Promise<StoredMsg[]> {
    return await this.#ask(stream, async ({ direct }) => {
      const messages: StoredMsg[] = []
      const reading = await direct.getBatch(stream, options)
      // The client's own time-out ends with the first message, so a lost connection would leave the batch open.
      const timer = setTimeout(() => reading.stop(new Error("no complete answer in time")), REQUEST_TIMEOUT_MS)
      try {
        for await (const message of reading) messages.push(message)
      } catch (error) {
        if (!isApiError(error, NO_RESULTS)) throw error
      } finally {
        clearTimeout(timer)
      }
      return messages
    })
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
    const message = await this.leaderMessage(stream, { last_by_subj: subject })
    return message !== undefined && (await this.erase(stream, message.seq))
  }

  /** Publishes a message; resolves when a stream has stored it. */
  async publish(subject: string, payload: string | Uint8Array, header?: MsgHdrs): Promise<Ack> {
    return await orUnavailable(unavailable(subject), this.#writer.publish(subject, payload, header))
  }

  /** Publishes messages as one atomic batch: see `JetStreamWriter.publishBatch`. */
  async publishBatch(subject: string, payloads: readonly string[], header: MsgHdrs): Promise<Ack> {
    return await orUnavailable(unavailable(subject), this.#writer.publishBatch(subject, payloads, header))
  }

  /** As `publish`, on condition that the last message of the subject has the sequence `expected`. Resolves to the new sequence. */
  async replace(subject: string, payload: string, expected: number): Promise<number> {
    return await orUnavailable(unavailable(subject), this.#writer.replace(subject, payload, expected))
  }

  /** Calls `onMessage` for each message that the options select, in order, until the result is closed or the connection is lost. */
  async consume(
    stream: string,
    options: Partial<OrderedConsumerOptions>,
    onMessage: (message: JsMsg) => void,
  ): Promise<ConsumerMessages> {
    return await orUnavailable(
      unavailable(stream),
      this.client.consumers.get(stream, options).then((consumer) =>
        consumer.consume({
          max_messages: MAX_IN_FLIGHT,
          expires: PULL_EXPIRES_MS,
          idle_heartbeat: HEARTBEAT_MS,
          callback: onMessage,
        }),
      ),
    )
  }

  async #ask<T>(stream: string, request: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return await orUnavailable(unavailable(stream), this.#manager.then(request))
  }
}

function unavailable(name: string): string {
  return `JetStream does not answer for ${name}`
}

/** Handles an error with this code as the answer `otherwise`. */
function unlessCode<T>(code: number, otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isApiError(error, code)) return otherwise
    throw error
  }
}
