import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream"
import { type NatsConnection, NoRespondersError } from "nats"
import type { Logger } from "res-service"
import { SettingError } from "../../config/settings.ts"
import { CLUSTER_NOT_READY, isApiError, NO_CLUSTER, NO_PEERS, STREAM_NOT_FOUND } from "./api-error.ts"
import { checkFormat, formatMetadata, StreamFormatError } from "./stream-format.ts"
import { orUnavailable } from "./unavailable.ts"
import { NO_RESPONDERS, NoStreamError } from "./writer.ts"

/** The settings that a stream needs; JetStream's defaults apply to the others. */
export type StreamSettings = Partial<Omit<StreamConfig, "num_replicas" | "metadata">> & {
  readonly name: string
  /** Version of the format of its subjects and messages: see `stream-format.ts`. Default: 1. */
  readonly format?: number
}

/** How often it is checked that the streams are still there, in ms. */
const CHECK_INTERVAL_MS = 2000

/** Time for the servers of a cluster that was just started to find each other, in ms. */
const CLUSTER_START_MS = 10_000
const RETRY_MS = 250

/** How long a request waits for that its stream is made again, in ms. */
const RESTORE_PATIENCE_MS = 1000

interface OwnStream {
  readonly settings: StreamSettings
  /** It was logged that the stream cannot be made again. */
  failing?: boolean
  /** When the stream was made that is used now; undefined: not known yet. */
  created?: string
}

/**
 * The streams that a process needs. Each is made when it is missing, at its opening and later: somebody may delete it, or a nats-server may
 * lose its files. That is noticed when a request fails, on a new connection, and by a check every two seconds. It is logged once.
 */
export class OwnStreams {
  readonly #nc: NatsConnection
  readonly #manager: Promise<JetStreamManager>
  readonly #replicas: number
  readonly #logger: Logger
  readonly #streams = new Map<string, OwnStream>()
  readonly #listeners = new Map<string, Set<() => void>>()
  #restoring: Promise<boolean> | undefined
  #checking: NodeJS.Timeout | undefined

  constructor(nc: NatsConnection, manager: Promise<JetStreamManager>, replicas: number, logger: Logger) {
    this.#nc = nc
    this.#manager = manager
    this.#replicas = replicas
    this.#logger = logger
  }

  /**
   * Makes a stream, or gives these settings to an existing one.
   *
   * @throws {SettingError} NATS has fewer servers than replicas · {StreamFormatError} another version made the stream · {ResError}
   *   `system.serviceUnavailable`
   */
  async open(settings: StreamSettings): Promise<StreamInfo> {
    const info = await this.#make(settings)
    const known = this.#streams.get(settings.name)
    const stream = { settings, ...known }
    this.#streams.set(settings.name, stream)
    this.#note(stream, info.created)
    this.#watch()
    return info
  }

  /** Calls `listener` when a stream is another one than before, until the returned function is called. */
  onReplaced(stream: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(stream) ?? new Set()
    this.#listeners.set(stream, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  /** Makes those streams again that are missing. Resolves to whether all are there; false also when that takes too long. */
  async restore(): Promise<boolean> {
    this.#restoring ??= this.#restoreAll().finally(() => {
      this.#restoring = undefined
    })
    return await Promise.race([this.#restoring, sleep(RESTORE_PATIENCE_MS, false, { ref: false })])
  }

  async #restoreAll(): Promise<boolean> {
    const outcomes = await Promise.allSettled([...this.#streams.values()].map((stream) => this.#restoreOne(stream)))
    return outcomes.every(({ status }) => status === "fulfilled")
  }

  async #restoreOne(stream: OwnStream): Promise<void> {
    const { name } = stream.settings
    const { streams } = await this.#manager
    let info: StreamInfo
    try {
      info = await streams.info(name)
    } catch (error) {
      if (!isApiError(error, STREAM_NOT_FOUND)) throw error
      info = await this.#makeAgain(stream)
    }
    this.#note(stream, info.created)
  }

  async #makeAgain(stream: OwnStream): Promise<StreamInfo> {
    const { name } = stream.settings
    try {
      const info = await (await this.#manager).streams.add(this.#full(stream.settings))
      this.#logger.error({ stream: name }, "a stream was missing, with all that was in it; it was made again")
      stream.failing = false
      return info
    } catch (error) {
      if (!stream.failing)
        this.#logger.error({ err: error, stream: name }, "a stream is missing and cannot be made again yet")
      stream.failing = true
      throw error
    }
  }

  #note(stream: OwnStream, created: string): void {
    const before = stream.created
    stream.created = created
    if (before === undefined || before === created) return
    for (const listener of this.#listeners.get(stream.settings.name) ?? []) listener()
  }

  /** Starts the regular check, which ends with the connection. */
  #watch(): void {
    if (this.#checking !== undefined) return
    this.#checking = setInterval(() => {
      if (this.#nc.isClosed()) clearInterval(this.#checking)
      else void this.restore()
    }, CHECK_INTERVAL_MS)
    this.#checking.unref()
    void (async () => {
      for await (const { type } of this.#nc.status()) if (type === "reconnect") void this.restore()
      clearInterval(this.#checking)
    })()
  }

  async #make(settings: StreamSettings): Promise<StreamInfo> {
    const deadline = Date.now() + CLUSTER_START_MS
    for (;;) {
      try {
        return await this.#makeOnce(settings)
      } catch (error) {
        if (error instanceof StreamFormatError) throw error
        if (!isClusterTooSmall(error) && !isApiError(error, CLUSTER_NOT_READY))
          return await unavailable(settings, error)
        if (isApiError(error, NO_CLUSTER) || Date.now() > deadline) throw this.#tooFewServers(error)
        this.#logger.warn({ err: error }, "the NATS cluster cannot store a stream yet; trying again")
        await sleep(RETRY_MS)
      }
    }
  }

  async #makeOnce(settings: StreamSettings): Promise<StreamInfo> {
    const { streams } = await this.#manager
    const wanted = this.#full(settings)
    let info: StreamInfo
    try {
      info = await streams.info(settings.name)
    } catch (error) {
      if (!isApiError(error, STREAM_NOT_FOUND)) throw error
      return await streams.add(wanted)
    }
    checkFormat(info, settings.format)
    const config: Partial<StreamConfig> = info.config
    // nats-server has members of its own there.
    const next = { ...wanted, metadata: { ...config.metadata, ...wanted.metadata } }
    const isSame = Object.entries(next).every(([key, value]) => isDeepStrictEqual(Reflect.get(config, key), value))
    return isSame ? info : await streams.update(settings.name, { ...config, ...next })
  }

  #full({
    format,
    ...config
  }: StreamSettings): Omit<StreamSettings, "format"> & Pick<StreamConfig, "num_replicas" | "metadata"> {
    return { ...config, num_replicas: this.#replicas, metadata: formatMetadata(format) }
  }

  #tooFewServers(error: unknown): SettingError {
    const reason = error instanceof Error ? error.message : String(error)
    return new SettingError(
      `NATS_REPLICAS=${this.#replicas}: expected a NATS cluster with at least ${this.#replicas} running servers that have JetStream; NATS says: ${reason}`,
    )
  }
}

/** Whether a request failed because no stream answers. Then nothing was stored. */
export function isMissing(error: unknown): boolean {
  if (isApiError(error, STREAM_NOT_FOUND) || isApiError(error, NO_RESPONDERS)) return true
  if (error instanceof NoStreamError || error instanceof NoRespondersError) return true
  return error instanceof Error && error.cause !== undefined && isMissing(error.cause)
}

function isClusterTooSmall(error: unknown): boolean {
  return isApiError(error, NO_PEERS) || isApiError(error, NO_CLUSTER)
}

async function unavailable({ name }: StreamSettings, error: unknown): Promise<never> {
  return await orUnavailable(`JetStream does not answer for ${name}`, Promise.reject(error))
}
