import { setTimeout as sleep } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { Lease } from "./lease/lease.ts"
import { type OpenService, openService, type ServiceOptions } from "./service.ts"

/** Pause before a service that could not be opened tries again, in ms. */
const RETRY_MS = 500

/** Time for what was sent to reach NATS before the connection is closed, in ms. */
const FLUSH_TIMEOUT_MS = 1000

/** Opens a connection to NATS, as the service's login. */
export type Connect = () => Promise<NatsConnection>

/**
 * One of any number of equal services; one of them is active. It stands by until it acquires the lease, serves while it holds the
 * lease, and stands by again when it loses it. A standby only waits.
 *
 * Each term has its own connection, so that everything of a term (subscriptions, consumers, waiting messages) ends with it.
 */
export class StandbyService {
  readonly #connect: Connect
  readonly #options: ServiceOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #nc: NatsConnection | undefined
  #open: OpenService | undefined
  #setAsideBefore = 0
  #onActive = (): void => {}

  /** Resolves when the service is active for the first time. Rejects when it could not be opened then. */
  readonly active: Promise<void>

  constructor(connect: Connect, options: ServiceOptions) {
    this.#connect = connect
    this.#options = options
    const becoming = new Promise<void>((resolve) => {
      this.#onActive = resolve
    })
    this.#running = this.#run()
    this.active = Promise.race([becoming, this.#running])
    // Avoids an unhandled rejection when nobody waits.
    this.active.catch(() => {})
  }

  /** Invalid messages of other programs on the log that this process has seen while it was active. */
  get setAside(): number {
    return this.#setAsideBefore + (this.#open?.setAside ?? 0)
  }

  /** Answers its waiting requests, releases the lease, and closes its connection. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    // A connection that is never made would keep it from ending.
    if (this.#nc !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { logger } = this.#options
    let hasBeenActive = false
    while (!signal.aborted) {
      this.#nc = await this.#connect()
      try {
        const lease = await Lease.acquire(this.#nc, { logger, signal })
        await this.#serve(this.#nc, lease, () => {
          hasBeenActive = true
          this.#onActive()
        })
      } catch (error) {
        if (signal.aborted) break
        if (!hasBeenActive) throw error
        logger.error({ err: error }, "could not open the service; trying again")
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      } finally {
        await Promise.race([this.#nc.flush().catch(() => {}), sleep(FLUSH_TIMEOUT_MS)])
        await this.#nc.close()
        this.#nc = undefined
      }
    }
  }

  async #serve(nc: NatsConnection, lease: Lease, onOpen: () => void): Promise<void> {
    const { signal } = this.#stopping
    const { logger } = this.#options
    try {
      const open = await openService(nc, lease, this.#options)
      this.#open = open
      onOpen()
      await Promise.race([lease.lost, aborted(signal)])
      this.#setAsideBefore = this.setAside
      this.#open = undefined
      if (signal.aborted) return await open.stop()
      // Messages of this term may arrive after the next holder's reset. A reset on the same connection follows them, and makes
      // gateways fetch the current state.
      if (!nc.isClosed()) nc.publish("system.reset", JSON.stringify(open.ownership))
      // Not awaited: all its requests to NATS fail when the connection is closed.
      open.stop().catch((error: unknown) => logger.debug({ err: error }, "could not end a lost term cleanly"))
    } finally {
      await lease.release()
    }
  }
}

/** Starts a service and waits until it is the active one. */
export async function startService(connect: Connect, options: ServiceOptions): Promise<StandbyService> {
  const service = new StandbyService(connect, options)
  await service.active
  return service
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
