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
  #ticking = false

  constructor(options: SessionClockOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    if (this.#ticking) return
    this.#ticking = true
    const { sessions, run, inQueue, isOwned, logger } = this.#options
    const at = Date.now()
    const due = sessions.due(at).filter(isOwned)
    await Promise.all(
      due.map((id) =>
        // A failed tick is repeated with the next look.
        inQueue(id, () => run(id, { type: "tick", at })).catch((error: unknown) =>
          logger.debug({ err: error }, "could not tell a session the time yet"),
        ),
      ),
    )
    this.#ticking = false
  }
}
