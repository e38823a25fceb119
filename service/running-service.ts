import { setTimeout as sleep } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { ResError } from "res-service"
import { Shards } from "res-service/sharding"
import { occurrences } from "../observe/occurrences.ts"
import { Bucket } from "./jetstream/bucket.ts"
import { JetStream } from "./jetstream/jetstream.ts"
import type { Loaded } from "./metrics.ts"
import { isInbox, type OpenService, openService, type ServiceOptions } from "./service.ts"
import { locate, SHARDS } from "./shards.ts"

/** Of the service, among those that use `Shards`. */
const NAME = "shopwire"

/** Pause before a service that could not start tries again, in ms. */
const RETRY_MS = 500

/** Time for what was sent to reach NATS before the connection is closed, in ms. */
const FLUSH_TIMEOUT_MS = 1000

/** Most time for parts to end after the lease was lost, in ms. */
const ABANDON_TIMEOUT_MS = 1000

const NOTHING = { count: 0, bytes: 0 }
const NOTHING_LOADED: Loaded = { feed: NOTHING, shop: NOTHING, session: NOTHING }

/** Opens a connection to NATS, as the service's login. */
export type Connect = () => Promise<NatsConnection>

/**
 * One of several equal service processes, which share the shops and sessions. It serves until it is stopped. When it loses its lease,
 * because it stood still or was cut off, it drops everything and begins a new term.
 *
 * Each term has its own connection, so that everything of the term (subscriptions, consumers, waiting messages) ends with it.
 */
export class RunningService {
  readonly #connect: Connect
  readonly #options: ServiceOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #nc: NatsConnection | undefined
  #open: OpenService | undefined
  #shards: Shards | undefined
  #setAsideBefore = 0
  #hasServed = false
  #onServing = (): void => {}
  #endTerm = (): void => {}

  /**
   * Resolves when the service answers requests for the first time; rejects when it could not start then. Stays pending when the service
   * is stopped before that.
   */
  readonly serving: Promise<void>

  constructor(connect: Connect, options: ServiceOptions) {
    this.#connect = connect
    this.#options = options
    const serves = new Promise<void>((resolve) => {
      this.#onServing = resolve
    })
    this.#running = this.#run()
    this.serving = new Promise((resolve, reject) => {
      void serves.then(resolve)
      this.#running.catch(reject)
    })
    // Avoids an unhandled rejection when nobody waits.
    this.serving.catch(() => {})
  }

  /** The shards that it owns: see `shards.ts`. */
  get shards(): readonly number[] {
    return this.#shards?.served ?? []
  }

  /** What is in memory, and about how many bytes it takes as JSON. */
  get loaded(): Loaded {
    return this.#open?.loaded ?? NOTHING_LOADED
  }

  /** Invalid messages of other programs on the log that this process saw. */
  get setAside(): number {
    return this.#setAsideBefore + (this.#open?.setAside ?? 0)
  }

  /** Hands its shards over to other processes, answers its waiting requests, and closes its connection. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#endTerm()
    // `#running` does not end while the first connection is not made.
    if (this.#nc !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { logger } = this.#options
    while (!signal.aborted) {
      try {
        this.#nc = await this.#connect()
        await this.#serve(this.#nc)
      } catch (error) {
        if (signal.aborted) break
        // JetStream may not answer yet. Anything else that prevents the first start is for people to mend.
        if (!this.#hasServed && !(error instanceof ResError)) throw error
        logger.error({ err: error }, "could not start the service; trying again")
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      } finally {
        await this.#disconnect()
      }
    }
  }

  async #serve(nc: NatsConnection): Promise<void> {
    const { signal } = this.#stopping
    const { storage, logger } = this.#options
    const js = new JetStream(nc, { ...storage, logger })
    // Not left to `Shards`, so that it is made again as the other streams, and its errors are told in the same words.
    await new Bucket(js, `${NAME}-shards`, { expiringMarks: true }).open()
    const shards = await Shards.join(nc, {
      name: NAME,
      count: SHARDS,
      locate,
      replicas: js.replicas,
      replyTo: isInbox,
      onReset: () => occurrences.reset.tell(),
      logger,
    })
    this.#shards = shards
    let open: OpenService | undefined
    try {
      open = await openService(js, shards, this.#options)
      this.#open = open
      this.#hasServed = true
      this.#onServing()
      await new Promise<void>((resolve) => {
        this.#endTerm = resolve
        void shards.ended.then(resolve)
        if (signal.aborted) resolve()
      })
      if (shards.held) await shards.leave()
    } finally {
      this.#setAsideBefore = this.setAside
      this.#open = undefined
      this.#shards = undefined
      if (shards.held) {
        await open?.stop()
        await shards.close()
      } else {
        await shards.abandon()
        // If buckets were lost with the lease, what the parts know of them is stored again before it is dropped.
        await js.restore().catch(() => {})
        await Promise.race([open?.abandon(), sleep(ABANDON_TIMEOUT_MS, undefined, { ref: false })])
      }
    }
  }

  async #disconnect(): Promise<void> {
    const nc = this.#nc
    if (nc === undefined) return
    await Promise.race([nc.flush().catch(() => {}), sleep(FLUSH_TIMEOUT_MS, undefined, { ref: false })])
    await nc.close().catch(() => {})
    this.#nc = undefined
  }
}

/** Starts a service and waits until it answers requests. */
export async function startService(connect: Connect, options: ServiceOptions): Promise<RunningService> {
  const service = new RunningService(connect, options)
  await service.serving
  return service
}
