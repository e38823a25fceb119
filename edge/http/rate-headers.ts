import type { Allowance, Standing } from "../../limits/allowance.ts"
import type { Answer } from "./exchange.ts"

/** A limit of requests per second, for each address, token or shop. */
export class RateLimit {
  readonly kind: "address" | "token" | "shop"
  readonly allowance: Allowance
  /** The limit's part of `RateLimit-Policy`. */
  readonly policy: string

  constructor(kind: RateLimit["kind"], allowance: Allowance) {
    this.kind = kind
    this.allowance = allowance
    this.policy = `"${kind}";q=${allowance.limit};w=${allowance.windowS}`
  }
}

/**
 * The headers that tell what is left of each limit that applied to a request.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-10, "RateLimit-Policy Field", "RateLimit Field".
 */
export class RateHeaders {
  readonly #standings = new Map<RateLimit, Standing>()

  /** Takes note of the latest standing with a limit. */
  note(limit: RateLimit, standing: Standing): void {
    this.#standings.set(limit, standing)
  }

  /** Sets `RateLimit-Policy` and `RateLimit`, if there was a limit. */
  setOn(res: Pick<Answer, "setHeader">): void {
    if (this.#standings.size === 0) return
    let policies = ""
    let standings = ""
    for (const [{ kind, policy }, { remaining, resetMs }] of this.#standings) {
      const comma = policies === "" ? "" : ", "
      policies += comma + policy
      standings += `${comma}"${kind}";r=${remaining};t=${wholeSeconds(resetMs)}`
    }
    res.setHeader("RateLimit-Policy", policies)
    res.setHeader("RateLimit", standings)
  }
}

/** Whole seconds, at least 1. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
