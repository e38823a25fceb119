import type { Request } from "express"
import { addressGroup } from "res-service"
import { occurrences, type RefusalLimit } from "../../observe/occurrences.ts"
import { claimsIn } from "../token-claims.ts"
import type { Caller } from "./bearer.ts"
import { exchangeOf } from "./in-express.ts"
import { HttpProblem } from "./problem.ts"

/** `Retry-After` of a 429, in seconds: a place can become free at any moment. */
const RETRY_AFTER_S = 1

/** How many answers may be open at a time. */
export interface PlaceLimits {
  readonly max: number
  readonly perUser: number
  readonly perAddress: number
}

/** Places for long answers (streams, exports). Each address and each user has a share, so that no caller can take all places. */
export class Places {
  readonly #what: RefusalLimit
  readonly #limits: PlaceLimits
  readonly #taken = new Map<string, number>()
  #count = 0

  /** @param what the answers' name in errors, e.g. `exports` */
  constructor(what: RefusalLimit, limits: PlaceLimits) {
    this.#what = what
    this.#limits = limits
  }

  /**
   * Takes a place and returns a function that frees it. With a caller, the place also counts for the caller's user. Pass a caller
   * only after the service has admitted it: before that its token may name anyone.
   *
   * @throws {HttpProblem} 429: the user or the address has used its share; 503: all places are taken
   */
  take(req: Request, caller?: Caller): () => void {
    const { max, perUser, perAddress } = this.#limits
    const { user } = claimsIn(caller?.token)
    const shares = [
      { kind: "address", key: `address ${addressGroup(exchangeOf(req).clientAddress)}`, most: perAddress },
      ...(user === undefined ? [] : [{ kind: "user", key: `user ${user}`, most: perUser }]),
    ]
    const full = shares.find(({ key, most }) => (this.#taken.get(key) ?? 0) >= most)
    if (full !== undefined || this.#count >= max) occurrences.refused.tell(this.#what)
    if (full !== undefined)
      throw new HttpProblem(
        429,
        `Too many ${this.#what} are open for one ${full.kind}; close some first`,
        [],
        undefined,
        RETRY_AFTER_S,
      )
    if (this.#count >= max) throw new HttpProblem(503, `Too many ${this.#what} are open; try again later`)
    for (const { key } of shares) this.#add(key, 1)
    this.#count++
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      for (const { key } of shares) this.#add(key, -1)
      this.#count--
    }
  }

  #add(key: string, change: number): void {
    const taken = (this.#taken.get(key) ?? 0) + change
    if (taken === 0) this.#taken.delete(key)
    else this.#taken.set(key, taken)
  }
}
