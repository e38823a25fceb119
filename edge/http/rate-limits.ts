import type { Request, RequestHandler, Response } from "express"
import { addressGroup } from "res-service"
import { bearerIn } from "../../contract/credentials.ts"
import { type Allowance, allowance, type Standing } from "../../limits/allowance.ts"
import { clientAddressOf } from "./client.ts"
import { HttpProblem } from "./problem.ts"

/** The time over which a rate is averaged, in seconds: an array of 1,000 events is no flood. */
const WINDOW_S = 10

/** Most per second, averaged over 10 s; 0: no limit. A request costs 1, but a publish as much as it has events. */
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
  /** Asks the service whether the caller may store; rejects without an answer. */
  mayStore(): Promise<boolean>
  store(): Promise<T>
}

/**
 * Refuses what comes too fast before any of it is read: 429 with `Retry-After`. The same rates hold behind every door, in the
 * service (`service/limits/call-limits.ts`); here they only save the work. What is left stands in `RateLimit`, the limits in
 * `RateLimit-Policy`, for each kind of limit that a request came under.
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

  /** Counts each request for its address and its token, before anything of its body is read. */
  readonly request: RequestHandler = (req, res, next) => {
    this.#takeOfSender(req, res, 1)
    next()
  }

  /**
   * Counts a publish of `events` events: for its sender before, and for the shop after they were stored, so that nobody who is
   * refused can use up a shop's allowance, or see how much of it is left.
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
