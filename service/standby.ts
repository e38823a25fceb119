import { setTimeout as sleep } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { Lease } from "./lease/lease.ts"
import { type OpenService, openService, type ServiceOptions } from "./service.ts"

/** Pause before a service that could not start tries again, in ms. */
const RETRY_MS = 500

/** Time for what was sent to reach NATS before the connection is closed, in ms. */
const FLUSH_TIMEOUT_MS = 1000

/** Opens a connection to NATS, as the service's login. */
export type Connect = () => Promise<NatsConnection>

/**
 * One of several equal services. Only one is active at a time. It stands by until it acquires the lease, serves while it holds the
 * lease, and stands by again after losing it. A standby only reads the lease.
 *
 * Each term has its own connection, so that everything of the term (subscriptions, consumers, waiting messages) ends with it.
 */
export class StandbyService {
  readonly #connect: Connect
  readonly #options: ServiceOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #nc: NatsConnection | undefined
  #open: OpenService | undefined
  /** What gateways must get again when another service answers, after a term that ended by losing the lease. */
  #lastReset: OpenService["ownership"] | undefined
  #setAsideBefore = 0
  #hasBeenActive = false
  #onActive = (): void => {}
  #endTerm = (): void => {}

  /**
   * Resolves when the service is active for the first time; rejects when it could not start then. Stays pending when the service is
   * stopped before that.
   */
  readonly active: Promise<void>

  constructor(connect: Connect, options: ServiceOptions) {
    this.#connect = connect
    this.#options = options
    const becomesActive = new Promise<void>((resolve) => {
      this.#onActive = resolve
    })
    this.#running = this.#run()
    this.active = new Promise((resolve, reject) => {
      void becomesActive.then(resolve)
      this.#running.catch(reject)
    })
    // Avoids an unhandled rejection when nobody waits.
    this.active.catch(() => {})
  }

  /** Invalid messages of other programs on the log that this process saw while it was active. */
  get setAside(): number {
    return this.#setAsideBefore + (this.#open?.setAside ?? 0)
  }

  /** Answers its waiting requests, releases the lease, and closes its connection. */
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
        await this.#serve(this.#nc, await this.#acquire(this.#nc))
      } catch (error) {
        if (signal.aborted) break
        if (!this.#hasBeenActive) throw error
        logger.error({ err: error }, "could not start the service; trying again")
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      } finally {
        await this.#disconnect()
      }
    }
  }

  /**
   * Messages sent under the lost lease may have reached gateways after the reset of the next active service. So gateways are told once
   * more to get everything again. This waits until the other service answers, because gateways take silence for a deleted resource. A
   * service that acquires the lease itself sends a reset anyway.
   */
  async #acquire(nc: NatsConnection): Promise<Lease> {
    const onOtherServes = (): void => {
      if (this.#lastReset === undefined) return
      nc.publish("system.reset", JSON.stringify(this.#lastReset))
      this.#lastReset = undefined
    }
    const { logger } = this.#options
    const lease = await Lease.acquire(nc, { logger, signal: this.#stopping.signal, onOtherServes })
    this.#lastReset = undefined
    return lease
  }

  async #serve(nc: NatsConnection, lease: Lease): Promise<void> {
    const { signal } = this.#stopping
    try {
      const open = await openService(nc, lease, this.#options)
      this.#open = open
      await lease.serve()
      this.#hasBeenActive = true
      this.#onActive()
      await new Promise<void>((resolve) => {
        this.#endTerm = resolve
        void lease.lost.then(resolve)
        if (signal.aborted) resolve()
      })
      this.#setAsideBefore = this.setAside
      this.#open = undefined
      if (signal.aborted) return await open.stop()
      this.#lastReset = open.ownership
      open.abandon()
    } finally {
      await lease.release()
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

/** Starts a service and waits until it is the active one. */
export async function startService(connect: Connect, options: ServiceOptions): Promise<StandbyService> {
  const service = new StandbyService(connect, options)
  await service.active
  return service
}
