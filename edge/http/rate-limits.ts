import { addressGroup } from "res-service"
import { bearerIn } from "../../contract/credentials.ts"
import { allowance, type KeyKind, type Standing } from "../../limits/allowance.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { Exchange } from "./exchange.ts"
import { HttpProblem } from "./problem.ts"
import { RateLimit, wholeSeconds } from "./rate-headers.ts"

/** The time over which a rate is averaged, in seconds; long enough for an array of 1,000 events. */
const WINDOW_S = 10

/** Most per second, averaged over 10 s; 0: no limit. A request costs 1, a publish 1 per event. */
export interface RateLimitOptions {
  readonly perAddress: number
  readonly perToken: number
  /** Events that are stored for one shop. */
  readonly perShop: number
}

/** A publish to be counted. */
interface CountedPublish<T> {
  readonly shopId: string
  readonly events: number
  /** Asks the service whether the caller may store; rejects if there is no answer. */
  mayStore(): Promise<boolean>
  store(): Promise<T>
}

/**
 * Refuses requests that come too fast with 429 and `Retry-After`, before their bodies are read. The service applies the same rates
 * to every door (`service/limits/call-limits.ts`); here they only save work. Headers tell what is left (`RateHeaders`).
 */
export class RateLimits {
  readonly #address: RateLimit | undefined
  readonly #token: RateLimit | undefined
  readonly #shop: RateLimit | undefined

  constructor({ perAddress, perToken, perShop }: RateLimitOptions) {
    this.#address = rateLimit("address", perAddress)
    this.#token = rateLimit("token", perToken, "secret")
    this.#shop = rateLimit("shop", perShop)
  }

  /** Counts a request for its address and its token, before its body is read. */
  countRequest(exchange: Exchange): void {
    this.#takeOfSender(exchange, 1)
  }

  /**
   * Counts a publish of `events` events: for the sender before they are stored, for the shop afterwards. So a refused caller
   * can neither use up a shop's allowance nor see how much of it is left.
   */
  async publish<T>(exchange: Exchange, { shopId, events, mayStore, store }: CountedPublish<T>): Promise<T> {
    if (events > 1) this.#takeOfSender(exchange, events - 1)
    if (this.#shop !== undefined) {
      const standing = this.#shop.allowance.look(shopId)
      if (!standing.granted && (await mayStore())) admit(exchange, this.#shop, standing)
    }
    const stored = await store()
    if (this.#shop !== undefined) exchange.rates.note(this.#shop, this.#shop.allowance.take(shopId, events))
    return stored
  }

  #takeOfSender(exchange: Exchange, amount: number): void {
    if (this.#address !== undefined) {
      admit(exchange, this.#address, this.#address.allowance.take(addressGroup(exchange.clientAddress), amount))
    }
    if (this.#token === undefined) return
    const token = bearerIn(exchange.header("authorization") ?? "")
    if (token !== undefined) admit(exchange, this.#token, this.#token.allowance.take(token, amount))
  }
}

function rateLimit(kind: RateLimit["kind"], perSecond: number, keys?: KeyKind): RateLimit | undefined {
  const counted = allowance(perSecond, WINDOW_S, keys)
  return counted && new RateLimit(kind, counted)
}

/** @throws {HttpProblem} 429 */
function admit(exchange: Exchange, limit: RateLimit, standing: Standing): void {
  exchange.rates.note(limit, standing)
  if (standing.granted) return
  occurrences.refused.tell(limit.kind)
  const detail = `Too many requests for one ${limit.kind}; try again later`
  throw new HttpProblem(429, detail, [], undefined, wholeSeconds(standing.resetMs))
}
