import type { Conn } from "../conn.ts"

/** Longer than a gateway waits for the answer to a get, which is 3 s. */
export const REPEAT_MS = 4000
/** The pause doubles with each repeat that a disturbance causes, up to this. */
const MAX_REPEAT_MS = 60_000
/** Most names of one reset, and the pause between two. Each makes a gateway look through all that it shows. */
export const NAMES_AT_ONCE = 500
export const PAUSE_MS = 100
/** How often it looks for a standstill of the process, and how late that may be, in ms. A gateway waits for an answer for 3 s. */
const PULSE_MS = 250
const STANDSTILL_MS = 1500

/** The patterns that a reset names. */
export interface ResetPatterns {
  readonly resources: readonly string[]
  readonly access: readonly string[]
}

/**
 * Resets that are repeated until gateways have surely got the resources again.
 *
 * A gateway ignores a reset while its get of the resource is under way. That get may have gone to a process that no longer answers, or may
 * be answered with old content. After `REPEAT_MS` no such get is under way any more, so each reset is sent once more then. The gets that
 * follow are answered, unless there was a disturbance: then resets go on until there was none from one repeat to the next but one. Any
 * later get of before the first of them has ended then, and the one that follows the second is answered.
 */
export class KeptResets {
  readonly #conn: Conn
  readonly #onReset: () => void
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #stopWatching: () => void
  readonly #pulse: NodeJS.Timeout
  #stopped = false
  #beatAt = performance.now()
  /** Until then, gets may have been left without an answer. */
  #disturbedUntil = -Infinity
  #freeAt = 0

  /** @param onReset called for each reset that is sent */
  constructor(conn: Conn, onReset = (): void => {}) {
    this.#conn = conn
    this.#onReset = onReset
    this.#stopWatching = conn.onStatus(() => this.disturb())
    this.#pulse = setInterval(() => this.#beat(), PULSE_MS)
  }

  /** True when gets that gateways send now may stay without an answer. */
  get isDisturbed(): boolean {
    return this.#disturbedUntil >= performance.now()
  }

  /** Sends resets of patterns, in lists of at most 500, one after the other. */
  send({ resources, access }: ResetPatterns): void {
    for (let i = 0; i < Math.max(resources.length, access.length); i += NAMES_AT_ONCE) {
      const part = {
        resources: resources.slice(i, i + NAMES_AT_ONCE),
        access: access.slice(i, i + NAMES_AT_ONCE),
      }
      const now = performance.now()
      const at = Math.max(now, this.#freeAt)
      this.#freeAt = at + PAUSE_MS
      if (at === now) this.#publish(part)
      else this.#after(at - now, () => this.#publish(part))
    }
  }

  /** Gets that gateways send until `forMs` from now may stay without an answer, so resets go on. */
  disturb(forMs = 2 * PULSE_MS): void {
    this.#disturbedUntil = Math.max(this.#disturbedUntil, performance.now() + forMs)
  }

  stop(): void {
    this.#stopped = true
    this.#stopWatching()
    clearInterval(this.#pulse)
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  /** @param lastAt when it was sent before */
  #publish(part: ResetPatterns, lastAt?: number, pauseMs = REPEAT_MS): void {
    if (this.#stopped) return
    const sentAt = performance.now()
    this.#conn.publish("system.reset", JSON.stringify(part))
    this.#onReset()
    this.#after(pauseMs, () => {
      this.#beat()
      if (lastAt === undefined) this.#publish(part, sentAt)
      // Resets are work for everybody, so they must not be what disturbs.
      else if (this.#disturbedUntil >= lastAt) this.#publish(part, sentAt, Math.min(2 * pauseMs, MAX_REPEAT_MS))
    })
  }

  // A process that stood still has answered nothing meanwhile.
  #beat(): void {
    const now = performance.now()
    if (now - this.#beatAt > PULSE_MS + STANDSTILL_MS) this.disturb()
    this.#beatAt = now
  }

  #after(delayMs: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      task()
    }, delayMs)
    this.#timers.add(timer)
  }
}
