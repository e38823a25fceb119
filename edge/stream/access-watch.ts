import type { Conn, Subscription } from "res-service"
import { ResError } from "res-service"
import type { Client } from "res-service/client"
import type { Caller } from "../http/bearer.ts"

/** How often it is asked whether a token is still good for what it was good for, in ms. */
const ASK_AGAIN_MS = 5000
/** After a question that nobody has answered, in ms. */
const RETRY_MS = 500
/** Questions under way at a time. */
const AT_A_TIME = 50
/** What `setTimeout` takes at most. */
const MAX_TIMER_MS = 2 ** 31 - 1

interface Watched {
  readonly rid: string
  readonly caller: Caller
  readonly listeners: Set<() => void>
}

/**
 * Notices when who was let in may look no longer: when the token expires; and by asking the service again, at once when it says
 * that access has changed, else every few seconds. Those with the same token at the same resource cost one question.
 */
export class AccessWatch {
  readonly #client: Client
  readonly #watched = new Map<string, Watched>()
  readonly #subscriptions: readonly Subscription[]
  #next: NodeJS.Timeout | undefined
  #stopped = false
  #asking = false
  #askAgain = false

  constructor(conn: Conn, client: Client) {
    this.#client = client
    this.#subscriptions = [
      conn.subscribe("system.reset", ({ data }) => {
        if (hasAccess(data)) this.#ask()
      }),
      conn.subscribe("system.tokenReset", () => this.#ask()),
    ]
    this.#wait(ASK_AGAIN_MS)
  }

  /** Calls `onEnd` once, when the caller may no longer `get` the resource. Returns how to stop that. */
  watch(rid: string, caller: Caller, onEnd: () => void): () => void {
    const key = JSON.stringify([rid, caller.token])
    const watched = this.#watched.get(key) ?? { rid, caller, listeners: new Set<() => void>() }
    this.#watched.set(key, watched)
    const exp = expiryOf(caller.token)
    const timer = exp === undefined ? undefined : setTimeout(() => end(), Math.min(exp - Date.now(), MAX_TIMER_MS))
    const stop = (): void => {
      clearTimeout(timer)
      watched.listeners.delete(end)
      if (watched.listeners.size === 0 && this.#watched.get(key) === watched) this.#watched.delete(key)
    }
    const end = (): void => {
      stop()
      onEnd()
    }
    watched.listeners.add(end)
    return stop
  }

  stop(): void {
    this.#stopped = true
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

  /** Resolves to whether all questions were answered. */
  async #askAll(): Promise<boolean> {
    const all = [...this.#watched.values()]
    let answered = true
    const askNext = async (): Promise<void> => {
      for (let watched = all.pop(); watched !== undefined && !this.#stopped; watched = all.pop()) {
        const may = await this.#may(watched)
        if (may === undefined) answered = false
        if (may === false) for (const end of [...watched.listeners]) end()
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, askNext))
    return answered
  }

  /** Undefined: nobody says. */
  async #may({ rid, caller }: Watched): Promise<boolean | undefined> {
    try {
      return (await this.#client.access(rid, caller)).get
    } catch (error) {
      const isRefusal = error instanceof ResError && ["system.accessDenied", "auth.invalidToken"].includes(error.code)
      return isRefusal ? false : undefined
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

/**
 * When a token expires, in ms since the epoch; undefined when it does not say. It is not verified here: the service has done that, or
 * it lets nobody in.
 */
function expiryOf(token: unknown): number | undefined {
  if (typeof token !== "object" || token === null || !("bearer" in token)) return undefined
  try {
    const [, payload = ""] = String(token.bearer).split(".")
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp?: unknown }
    return typeof exp === "number" ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
