import type { Conn, Subscription } from "res-service"
import { ResError } from "res-service"
import type { Client } from "res-service/client"
import type { Caller } from "../http/bearer.ts"
import { claimsIn } from "../token-claims.ts"

/** How often to ask whether a caller may still read, in ms. */
const ASK_AGAIN_MS = 5000
/** The same after a request without an answer, in ms. */
const RETRY_MS = 500
/** Most pending requests. */
const AT_A_TIME = 50
/** How often to check for callers without an answer for too long, in ms. */
const SWEEP_MS = 500
/** The maximum of `setTimeout`. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Why a caller's stream ends: the service refuses it, its token has expired, or the service has not answered for too long. */
export type AccessEnd = "access has ended" | "the service does not answer"

type OnEnd = (reason: AccessEnd) => void

interface Watched {
  readonly rid: string
  readonly caller: Caller
  readonly listeners: Set<OnEnd>
  /** When the service last let the caller in, in ms of `performance.now()`. */
  allowedAt: number
}

/**
 * Ends the access of an admitted caller when its token expires or the service refuses it. Asks the service every 5 s, and at once
 * when the service announces a change of access. Without an answer a caller may go on for `keepMs`. Callers with the same token
 * and resource share one request.
 */
export class AccessWatch {
  readonly #client: Client
  readonly #keepMs: number
  readonly #watched = new Map<string, Watched>()
  readonly #subscriptions: readonly Subscription[]
  /** Separate from the requests, since a round takes long while each of them times out. */
  readonly #sweeping: NodeJS.Timeout
  #next: NodeJS.Timeout | undefined
  #stopped = false
  #asking = false
  #askAgain = false

  constructor(conn: Conn, client: Client, keepMs: number) {
    this.#client = client
    this.#keepMs = keepMs
    this.#subscriptions = [
      conn.subscribe("system.reset", ({ data }) => {
        if (hasAccess(data)) this.#ask()
      }),
      conn.subscribe("system.tokenReset", () => this.#ask()),
    ]
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#wait(ASK_AGAIN_MS)
  }

  /**
   * Calls `onEnd` once, when the caller may no longer `get` the resource. Call it right after the service has let the caller in.
   * Returns a function that stops watching.
   */
  watch(rid: string, caller: Caller, onEnd: OnEnd): () => void {
    const key = JSON.stringify([rid, caller.token])
    const watched = this.#watched.get(key) ?? { rid, caller, listeners: new Set<OnEnd>(), allowedAt: 0 }
    watched.allowedAt = performance.now()
    this.#watched.set(key, watched)
    const { expiresAt } = claimsIn(caller.token)
    const expire = (): void => end("access has ended")
    const timer =
      expiresAt === undefined ? undefined : setTimeout(expire, Math.min(expiresAt - Date.now(), MAX_TIMER_MS))
    const stop = (): void => {
      clearTimeout(timer)
      watched.listeners.delete(end)
      if (watched.listeners.size === 0 && this.#watched.get(key) === watched) this.#watched.delete(key)
    }
    const end: OnEnd = (reason) => {
      stop()
      onEnd(reason)
    }
    watched.listeners.add(end)
    return stop
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#sweeping)
    clearTimeout(this.#next)
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #wait(ms: number): void {
    clearTimeout(this.#next)
    if (!this.#stopped) this.#next = setTimeout(() => this.#ask(), ms)
  }

  #ask(): void {
    this.#askAgain = this.#asking
    if (this.#asking) return
    this.#asking = true
    void this.#askAll().then((answered) => {
      this.#asking = false
      if (this.#askAgain) this.#ask()
      else this.#wait(answered ? ASK_AGAIN_MS : RETRY_MS)
    })
  }

  /** Resolves to whether all requests were answered. */
  async #askAll(): Promise<boolean> {
    const all = [...this.#watched.values()]
    let answered = true
    const askNext = async (): Promise<void> => {
      for (let watched = all.pop(); watched !== undefined && !this.#stopped; watched = all.pop()) {
        const may = await this.#may(watched)
        if (may === undefined) answered = false
        if (may === true) watched.allowedAt = performance.now()
        if (may === false) for (const end of [...watched.listeners]) end("access has ended")
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, askNext))
    return answered
  }

  /** Undefined: no answer. */
  async #may({ rid, caller }: Watched): Promise<boolean | undefined> {
    try {
      return (await this.#client.access(rid, caller)).get
    } catch (error) {
      const isRefusal = error instanceof ResError && ["system.accessDenied", "auth.invalidToken"].includes(error.code)
      return isRefusal ? false : undefined
    }
  }

  #sweep(): void {
    // Earliest time to ask about an admitted caller again.
    const allowedSince = performance.now() - ASK_AGAIN_MS - this.#keepMs
    for (const { allowedAt, listeners } of [...this.#watched.values()]) {
      if (allowedAt < allowedSince) for (const end of [...listeners]) end("the service does not answer")
    }
  }
}

function hasAccess(reset: Uint8Array): boolean {
  try {
    const { access } = JSON.parse(Buffer.from(reset).toString()) as { access?: unknown }
    return Array.isArray(access) && access.length > 0
  } catch {
    return false
  }
}
