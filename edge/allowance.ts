import { createHash, randomBytes } from "node:crypto"
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible"

/** How many counters there are at most; more keys share them, so that strangers can't fill the memory with keys. */
const COUNTERS = 65_536

/** How much of an allowance is left for a key. */
export interface Standing {
  readonly granted: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds until the whole allowance is there again, at least 1. */
  readonly resetS: number
}

/**
 * So much of something in a time, for each key: an address, a shop, a token. Only a number made from the key by a secret
 * hash is kept, so that a token is nowhere, and nobody can choose with whom to share a counter.
 */
export class Allowance {
  readonly limit: number
  readonly windowS: number
  readonly #limiter: RateLimiterMemory
  readonly #salt = randomBytes(16)

  constructor(limit: number, windowS: number) {
    this.limit = limit
    this.windowS = windowS
    this.#limiter = new RateLimiterMemory({ points: limit, duration: windowS })
  }

  /** Takes `amount` of a key's allowance; not granted when that was more than is left. */
  async take(key: string, amount: number): Promise<Standing> {
    try {
      return this.#standing(await this.#limiter.consume(this.#counter(key), amount), true)
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return this.#standing(refusal, false)
      throw refusal
    }
  }

  /** A key's standing, without taking any. Not granted when nothing is left. */
  async look(key: string): Promise<Standing> {
    const known = await this.#limiter.get(this.#counter(key))
    if (known === null) return { granted: true, limit: this.limit, remaining: this.limit, resetS: this.windowS }
    return this.#standing(known, known.consumedPoints < this.limit)
  }

  #standing({ consumedPoints, msBeforeNext }: RateLimiterRes, granted: boolean): Standing {
    const remaining = Math.max(this.limit - consumedPoints, 0)
    return { granted, limit: this.limit, remaining, resetS: Math.max(1, Math.ceil(msBeforeNext / 1000)) }
  }

  #counter(key: string): number {
    return createHash("sha256").update(this.#salt).update(key).digest().readUInt32BE() % COUNTERS
  }
}
