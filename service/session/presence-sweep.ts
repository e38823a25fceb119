import type { NatsConnection } from "nats"
import type { Logger } from "res-service"
import { Hearing, type IsConnected } from "../connections.ts"
import type { SessionCommand } from "./command.ts"
import type { Presence } from "./presence.ts"
import type { SessionStore } from "./session-store.ts"
import type { Sessions } from "./sessions.ts"

const SWEEP_INTERVAL_MS = 1000

export interface PresenceSweepOptions {
  readonly sessions: Sessions
  readonly presence: Presence
  readonly store: SessionStore
  readonly run: (sessionId: string, command: SessionCommand) => Promise<number>
  readonly inQueue: <T>(sessionId: string, task: () => Promise<T>) => Promise<T>
  readonly isConnected: IsConnected
  /** False for a session that another process may own. */
  readonly isOwned: (sessionId: string) => boolean
  readonly logger: Logger
}

/** Checks the loaded sessions every second: marks members as absent, hides them from old clients, removes them. */
export class PresenceSweep {
  readonly #hearing: Hearing
  readonly #options: PresenceSweepOptions
  #timer: NodeJS.Timeout | undefined
  #sweeping = false

  constructor(nc: NatsConnection, options: PresenceSweepOptions) {
    this.#hearing = new Hearing(nc)
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #sweep(): Promise<void> {
    const { sessions, presence, store, logger } = this.#options
    if (this.#sweeping) return
    this.#sweeping = true
    try {
      // Time does not count against members while NATS is away or this process is stopped.
      if (await this.#hearing.hasMissedCalls()) presence.restart()
      await store.measure()
      presence.keepOnly(sessions.loaded)
      await Promise.all([...sessions.loaded.keys()].map((id) => this.#sweepSession(id)))
    } catch (error) {
      logger.debug({ err: error }, "could not check for absent members")
    } finally {
      this.#sweeping = false
    }
  }

  async #sweepSession(id: string): Promise<void> {
    const { sessions, presence, run, inQueue, isConnected, isOwned, logger } = this.#options
    if (!isOwned(id)) return
    presence.note(id, sessions.loaded.get(id)?.session?.members ?? [])
    const { silent, cutOff, lost, hidden, out } = presence.overdue(id)
    if (silent.length + cutOff.length + lost.length + hidden.length + out.length === 0) return
    try {
      // The page of a silent connection may be hidden, and its timers late.
      const asked = [...silent, ...cutOff]
      const answers = await Promise.all(asked.map(isConnected))
      const alive = new Set(asked.filter((_, i) => answers[i]))
      for (const cid of silent) if (alive.has(cid)) presence.proved(id, cid)
      await inQueue(id, async () => {
        if (!isOwned(id)) return
        const now = presence.overdue(id)
        for (const cid of now.cutOff) if (alive.has(cid)) await run(id, { type: "return", cid, at: Date.now() })
        for (const cid of now.lost) if (lost.includes(cid)) await run(id, { type: "lose", cid, at: Date.now() })
        for (const cid of now.silent) {
          if (!silent.includes(cid) || alive.has(cid)) continue
          await run(id, { type: "lose", cid, at: Date.now() })
          presence.wasCutOff(id, cid, sessions.loaded.get(id)?.session?.members ?? [])
        }
        // A command without events is not stored.
        if (out.length > 0) await run(id, { type: "expire", ids: out, at: Date.now() })
        if (hidden.length > 0) await run(id, { type: "hide", ids: hidden })
      })
    } catch (error) {
      logger.warn({ err: error }, "could not remove absent members yet")
    }
  }
}
