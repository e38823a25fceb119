import type { Logger } from "res-service"

/** A piece of the service. Making one has no effect that anybody else can see; its work begins with `start`. */
export interface Part {
  start?(): Promise<void> | void
  /** Ends the work. Also called when `start` has failed. */
  stop?(): Promise<void> | void
  /** This process owns these shards from now on. It may own some of them already: a rejected call is made again. */
  acquire?(shards: readonly number[]): Promise<void> | void
  /** Another process may own these shards from now on. No request of them is being answered. */
  release?(shards: readonly number[]): Promise<void> | void
  /** No gateway shows the resources below these roots any more, such as `store.<shop_id>`. */
  unload?(roots: readonly string[]): void
}

/** Parts that start one after the other and stop in reverse order. */
export class PartList {
  readonly #parts: readonly Part[]
  readonly #logger: Logger
  readonly #started: Part[] = []

  constructor(parts: readonly Part[], logger: Logger) {
    this.#parts = parts
    this.#logger = logger
  }

  /** Rejects when a part cannot start; the parts before it are stopped then. */
  async start(): Promise<void> {
    try {
      for (const part of this.#parts) {
        this.#started.push(part)
        await part.start?.()
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    for (const part of this.#takeStarted()) await this.#stop(part)
  }

  /** Stops all parts at once: for a service that has lost the lease and can answer nobody. */
  async abandon(): Promise<void> {
    await Promise.all(this.#takeStarted().map((part) => this.#stop(part)))
  }

  async acquire(shards: readonly number[]): Promise<void> {
    for (const part of this.#started) await part.acquire?.(shards)
  }

  async release(shards: readonly number[]): Promise<void> {
    for (const part of this.#started.toReversed()) await part.release?.(shards)
  }

  unload(roots: readonly string[]): void {
    for (const part of this.#started) part.unload?.(roots)
  }

  #takeStarted(): Part[] {
    return this.#started.splice(0).reverse()
  }

  // A part that fails must not keep the timers of the others running.
  async #stop(part: Part): Promise<void> {
    try {
      await part.stop?.()
    } catch (error) {
      this.#logger.warn({ err: error }, "a part of the service could not be stopped")
    }
  }
}
