import type { Logger } from "res-service"

/** A piece of the service. Making one has no effect that anybody else can see; its work begins with `start`. */
export interface Part {
  start?(): Promise<void> | void
  /** Ends the work. Also called when `start` has failed. */
  stop?(): Promise<void> | void
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

  /** Stops all parts at once and waits for none: for a service that has lost the lease and can answer nobody. */
  abandon(): void {
    for (const part of this.#takeStarted()) void this.#stop(part)
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
