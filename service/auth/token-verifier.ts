import { createHash } from "node:crypto"
import type { ResError } from "res-service"
import { type Claims, type Grants, TokenError } from "../../contract/claims.ts"
import { MAX_TOKEN_LENGTH } from "../../contract/limits.ts"
import { notTried } from "../../contract/unavailable.ts"

/** How long a token that was good counts as good, in ms: what a key that the issuer takes back may live on. */
const MAX_TRUST_MS = 60_000
/**
 * How long a token counts after its issue at most, in days. Firebase's count for an hour, most issuers' for a day; an app that is
 * given one by hand gets a new one each month.
 */
export const DEFAULT_MAX_TOKEN_DAYS = 30
/** Tokens remembered as good. */
const MAX_REMEMBERED = 10_000

/**
 * How far an issuer's clock may be ahead of ours, in seconds: a token that is issued, or valid, only from then on counts already. A
 * token's end has no tolerance: it counts until `exp` by our clock.
 */
export const CLOCK_TOLERANCE_S = 10

const DAY_S = 24 * 60 * 60

/** What the issuer knows of a user now. */
export interface UserState {
  /** Tokens issued before, in seconds since the epoch, do not count any more. */
  readonly validSince: number
  /** What the user may now; what a token says that was issued before may be more. */
  readonly grants: Grants
}

/** Knows the tokens of one issuer. */
export interface TokenVerifier {
  /**
   * Checks signature, issuer, audience and times of a JWT.
   *
   * @throws {TokenError} it is not to be trusted
   * @throws {ResError} `system.serviceUnavailable`: the issuer's keys are not to be had, so it is not known
   */
  verify(jwt: string): Promise<Claims>
  /** Asks the issuer; left out where it cannot be asked. Rejects when it does not answer. */
  userState?(user: string): Promise<UserState>
}

/** The issuer cannot be asked now. */
export function issuerAway(cause: unknown): ResError {
  return notTried("The issuer of tokens does not answer", cause)
}

/**
 * Remembers for a minute which tokens were good: an app sends the same one with each request. A token counts until its `exp`, and no
 * longer than `maxDays` after its issue: for as long it is remembered what was taken from its user.
 */
export class RememberingVerifier implements TokenVerifier {
  readonly userState?: (user: string) => Promise<UserState>
  readonly #verifier: TokenVerifier
  readonly #maxDays: number
  readonly #good = new Map<string, { readonly claims: Claims; readonly until: number }>()

  constructor(verifier: TokenVerifier, maxDays = DEFAULT_MAX_TOKEN_DAYS) {
    this.#verifier = verifier
    this.#maxDays = maxDays
    if (verifier.userState !== undefined) this.userState = verifier.userState.bind(verifier)
  }

  async verify(jwt: string): Promise<Claims> {
    if (jwt.length > MAX_TOKEN_LENGTH) throw new TokenError("it is too long")
    const key = createHash("sha256").update(jwt).digest("base64")
    const known = this.#good.get(key)
    if (known !== undefined && known.until > Date.now()) return known.claims
    this.#good.delete(key)
    const verified = await this.#verifier.verify(jwt)
    if (!isPlainlySigned(jwt)) throw new TokenError("it has an invalid signature")
    const claims = { ...verified, exp: Math.min(verified.exp, verified.iat + this.#maxDays * DAY_S) }
    const now = Date.now() / 1000
    if (verified.exp <= now) throw new TokenError("it has expired")
    if (claims.exp <= now) throw new TokenError(`it was issued more than ${this.#maxDays} days ago`)
    // Revocation goes by the time of issue, so nobody may choose it.
    if (claims.iat > now + CLOCK_TOLERANCE_S) throw new TokenError("it is issued in the future")
    const [oldest] = this.#good.keys()
    if (this.#good.size >= MAX_REMEMBERED && oldest !== undefined) this.#good.delete(oldest)
    this.#good.set(key, { claims, until: Math.min(Date.now() + MAX_TRUST_MS, claims.exp * 1000) })
    return claims
  }
}

/**
 * Whether a signature is written as base64url writes it. The last character holds bits that mean nothing, so that one token would have
 * up to 16 spellings, each with a counter of its own.
 */
function isPlainlySigned(jwt: string): boolean {
  const signature = jwt.slice(jwt.lastIndexOf(".") + 1)
  return Buffer.from(signature, "base64url").toString("base64url") === signature
}
