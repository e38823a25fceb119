import type { Logger } from "res-service"
import type { SessionCommand } from "./command.ts"
import type { Sessions } from "./sessions.ts"

/** How often it looks, in ms. */
const TICK_MS = 500

export interface SessionClockOptions {
  readonly sessions: Sessions
  readonly run: (sessionId: string, command: SessionCommand) => Promise<number>
  readonly inQueue: <T>(sessionId: string, task: () => Promise<T>) => Promise<T>
  /** False for a session that another process may own. */
  readonly isOwned: (sessionId: string) => boolean
  readonly logger: Logger
}

/** Tells sessions that their time has come, by this machine's clock, so that deadlines lock carts also while nobody calls. */
export class SessionClock {
  readonly #options: SessionClockOptions
  #timer: NodeJS.Timeout | undefined
  /** The sessions whose tick is under way. A session with many calls in its queue must not hold up the others. */
  readonly #ticking = new Set<string>()

  constructor(options: SessionClockOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const { sessions, isOwned } = this.#options
    for (const id of sessions.due(Date.now())) if (isOwned(id) && !this.#ticking.has(id)) void this.#tickSession(id)
  }

  async #tickSession(id: string): Promise<void> {
    const { run, inQueue, logger } = this.#options
    this.#ticking.add(id)
    try {
      await inQueue(id, () => run(id, { type: "tick", at: Date.now() }))
    } catch (error) {
      // It is repeated with the next look.
      logger.debug({ err: error }, "could not tell a session the time yet")
    } finally {
      this.#ticking.delete(id)
    }
  }
}
