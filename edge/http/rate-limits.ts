import type { Request, RequestHandler, Response } from "express"
import { Allowance, type Standing } from "../allowance.ts"
import { addressGroup, type ClientAddresses } from "../client-address.ts"
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

/**
 * Holds back who sends too much: 429 with `Retry-After`. What is left stands in `RateLimit`, the limits in
 * `RateLimit-Policy`, for each kind of limit that a request came under.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-10, "RateLimit-Policy Field", "RateLimit Field".
 */
export class RateLimits {
  readonly #address: Allowance | undefined
  readonly #token: Allowance | undefined
  readonly #shop: Allowance | undefined
  readonly #addresses: ClientAddresses

  constructor({ perAddress, perToken, perShop }: RateLimitOptions, addresses: ClientAddresses) {
    this.#address = allowance(perAddress)
    this.#token = allowance(perToken)
    this.#shop = allowance(perShop)
    this.#addresses = addresses
  }

  /** Counts each request for its address and its token, before anything of its body is read. */
  readonly request: RequestHandler = async (req, res, next) => {
    await this.#takeOfSender(req, res, 1)
    next()
  }

  /**
   * Counts a publish of `events` events: for its sender before, and for the shop after they were stored, so that nobody who
   * is refused can use up a shop's allowance.
   */
  async publish<T>(req: Request, res: Response, shopId: string, events: number, store: () => Promise<T>): Promise<T> {
    if (events > 1) await this.#takeOfSender(req, res, events - 1)
    if (this.#shop !== undefined) admit(res, "shop", this.#shop, await this.#shop.look(shopId))
    const stored = await store()
    if (this.#shop !== undefined) show(res, "shop", this.#shop, await this.#shop.take(shopId, events))
    return stored
  }

  async #takeOfSender(req: Request, res: Response, amount: number): Promise<void> {
    if (this.#address !== undefined) {
      const standing = await this.#address.take(addressGroup(this.#addresses.of(req)), amount)
      admit(res, "address", this.#address, standing)
    }
    const token = this.#token && /^Bearer +(\S+)/i.exec(req.get("authorization") ?? "")?.[1]
    if (this.#token !== undefined && token !== undefined) {
      admit(res, "token", this.#token, await this.#token.take(token, amount))
    }
  }
}

function allowance(perSecond: number): Allowance | undefined {
  return perSecond === 0 ? undefined : new Allowance(perSecond * WINDOW_S, WINDOW_S)
}

/** @throws {HttpProblem} 429 */
function admit(res: Response, kind: Kind, allowance: Allowance, standing: Standing): void {
  show(res, kind, allowance, standing)
  if (standing.granted) return
  res.set("Retry-After", String(standing.resetS))
  throw new HttpProblem(429, `Too much for one ${kind}; come again later`)
}

function show(res: Response, kind: Kind, { limit, windowS }: Allowance, { remaining, resetS }: Standing): void {
  res.locals.rateLimits = { ...res.locals.rateLimits, [kind]: { limit, windowS, remaining, resetS } }
  const all = Object.entries(res.locals.rateLimits as Record<Kind, Standing & { windowS: number }>)
  res.set("RateLimit-Policy", all.map(([name, each]) => `"${name}";q=${each.limit};w=${each.windowS}`).join(", "))
  res.set("RateLimit", all.map(([name, each]) => `"${name}";r=${each.remaining};t=${each.resetS}`).join(", "))
}
