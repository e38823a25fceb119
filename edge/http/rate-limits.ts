import type { Request, RequestHandler, Response } from "express"
import { addressGroup } from "res-service"
import { bearerIn } from "../../contract/credentials.ts"
import { type Allowance, allowance, type Standing } from "../../limits/allowance.ts"
import { clientAddressOf } from "./client.ts"
import { HttpProblem } from "./problem.ts"

/** The time over which a rate is averaged, in seconds; long enough for an array of 1,000 events. */
const WINDOW_S = 10

/** Most per second, averaged over 10 s; 0: no limit. A request costs 1, a publish 1 per event. */
export interface RateLimitOptions {
  readonly perAddress: number
  readonly perToken: number
  /** Events that are stored for one shop. */
  readonly perShop: number
}

type Kind = "address" | "token" | "shop"

interface Shown {
  readonly limit: number
  readonly windowS: number
  readonly remaining: number
  readonly resetS: number
}

/** A publish to be counted. */
interface CountedPublish<T> {
  readonly req: Request
  readonly res: Response
  readonly shopId: string
  readonly events: number
  /** Asks the service whether the caller may store; rejects if there is no answer. */
  mayStore(): Promise<boolean>
  store(): Promise<T>
}

/**
 * Refuses requests that come too fast with 429 and `Retry-After`, before their bodies are read. The service applies the same rates
 * to every door (`service/limits/call-limits.ts`); here they only save work. The header `RateLimit` tells what is left,
 * `RateLimit-Policy` the limits, for each kind of limit that applied to the request.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-10, "RateLimit-Policy Field", "RateLimit Field".
 */
export class RateLimits {
  readonly #address: Allowance | undefined
  readonly #token: Allowance | undefined
  readonly #shop: Allowance | undefined

  constructor({ perAddress, perToken, perShop }: RateLimitOptions) {
    this.#address = allowance(perAddress, WINDOW_S)
    this.#token = allowance(perToken, WINDOW_S)
    this.#shop = allowance(perShop, WINDOW_S)
  }

  /** Counts each request for its address and its token, before its body is read. */
  readonly request: RequestHandler = (req, res, next) => {
    this.#takeOfSender(req, res, 1)
    next()
  }

  /**
   * Counts a publish of `events` events: for the sender before they are stored, for the shop afterwards. So a refused caller
   * can neither use up a shop's allowance nor see how much of it is left.
   */
  async publish<T>({ req, res, shopId, events, mayStore, store }: CountedPublish<T>): Promise<T> {
    if (events > 1) this.#takeOfSender(req, res, events - 1)
    if (this.#shop !== undefined) {
      const standing = this.#shop.look(shopId)
      if (!standing.granted && (await mayStore())) admit(res, "shop", this.#shop, standing)
    }
    const stored = await store()
    if (this.#shop !== undefined) show(res, "shop", this.#shop, this.#shop.take(shopId, events))
    return stored
  }

  #takeOfSender(req: Request, res: Response, amount: number): void {
    if (this.#address !== undefined) {
      admit(res, "address", this.#address, this.#address.take(addressGroup(clientAddressOf(req)), amount))
    }
    const token = bearerIn(req.get("authorization") ?? "")
    if (this.#token !== undefined && token !== undefined) {
      admit(res, "token", this.#token, this.#token.take(token, amount))
    }
  }
}

/** @throws {HttpProblem} 429 */
function admit(res: Response, kind: Kind, allowance: Allowance, standing: Standing): void {
  show(res, kind, allowance, standing)
  if (standing.granted) return
  const detail = `Too many requests for one ${kind}; try again later`
  throw new HttpProblem(429, detail, [], undefined, seconds(standing.resetMs))
}

function show(res: Response, kind: Kind, { limit, windowS }: Allowance, { remaining, resetMs }: Standing): void {
  res.locals.rateLimits = { ...res.locals.rateLimits, [kind]: { limit, windowS, remaining, resetS: seconds(resetMs) } }
  const all = Object.entries(res.locals.rateLimits as Record<Kind, Shown>)
  res.set("RateLimit-Policy", all.map(([name, each]) => `"${name}";q=${each.limit};w=${each.windowS}`).join(", "))
  res.set("RateLimit", all.map(([name, each]) => `"${name}";r=${each.remaining};t=${each.resetS}`).join(", "))
}

/** Whole seconds, at least 1. */
function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
