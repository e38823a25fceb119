import { hash, randomBytes } from "node:crypto"

/** The number of counters. More keys share them, so that strangers can't fill the memory with keys. */
const COUNTERS = 65_536

/** How many of the latest keys are remembered with their counters, so that a busy key is not hashed for each use. */
const REMEMBERED = 500
/** The longest key that is remembered, in characters; strangers choose some keys. */
const LONGEST_REMEMBERED = 64

/** What is left of a key's allowance. */
export interface Standing {
  readonly granted: boolean
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until the whole allowance is available again. */
  readonly resetMs: number
}

/** Whether a key may stay in memory after its use. */
export type KeyKind = "public" | "secret"

/**
 * How much each key (an address, a shop, a token) may take in a time window. A keyed hash maps the key to a counter, so secret keys
 * are not stored, nobody can choose a key that shares a counter with a given one, and any number of keys needs 1 MiB.
 *
 * Calls are synchronous, so that requests keep their order. The limiters on npm return promises and hold a timer for each key.
 */
export class Allowance {
  readonly limit: number
  readonly windowS: number
  readonly #taken = new Float64Array(COUNTERS)
  /** When each counter starts again, in ms since the process started. */
  readonly #resetAt = new Float64Array(COUNTERS)
  readonly #salt = randomBytes(16).toString("base64")
  readonly #remembered: Map<string, number> | undefined

  /** `limit` for each key within each window of `windowS` seconds, which begins with the key's first use. */
  constructor(limit: number, windowS: number, keys: KeyKind = "public") {
    this.limit = limit
    this.windowS = windowS
    this.#remembered = keys === "public" ? new Map() : undefined
  }

  /** Takes `amount` of a key's allowance. If less is left, nothing is granted or taken. */
  take(key: string, amount: number): Standing {
    const counter = this.#counterOf(key)
    const granted = (this.#taken[counter] ?? 0) + amount <= this.limit
    if (granted) this.#taken[counter] = (this.#taken[counter] ?? 0) + amount
    return this.#standing(counter, granted)
  }

  /** A key's standing, without taking anything; not granted if nothing is left. */
  look(key: string): Standing {
    const counter = this.#counterOf(key)
    return this.#standing(counter, (this.#taken[counter] ?? 0) < this.limit)
  }

  #standing(counter: number, granted: boolean): Standing {
    const remaining = this.limit - (this.#taken[counter] ?? 0)
    return { granted, limit: this.limit, remaining, resetMs: (this.#resetAt[counter] ?? 0) - performance.now() }
  }

  /** The number of a key's counter. Resets the counter if its window is over. */
  #counterOf(key: string): number {
    const counter = this.#remembered?.get(key) ?? this.#hashed(key)
    const now = performance.now()
    if ((this.#resetAt[counter] ?? 0) <= now) {
      this.#taken[counter] = 0
      this.#resetAt[counter] = now + this.windowS * 1000
    }
    return counter
  }

  #hashed(key: string): number {
    const counter = hash("sha256", this.#salt + key, "buffer").readUInt32BE() % COUNTERS
    if (this.#remembered !== undefined && key.length <= LONGEST_REMEMBERED) {
      if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
      this.#remembered.set(key, counter)
    }
    return counter
  }
}

/** An allowance of `perSecond`, averaged over `windowS` seconds; 0: undefined, no limit. */
export function allowance(perSecond: number, windowS: number, keys?: KeyKind): Allowance | undefined {
  return perSecond === 0 ? undefined : new Allowance(perSecond * windowS, windowS, keys)
}
