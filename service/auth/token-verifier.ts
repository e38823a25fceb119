import { createHash } from "node:crypto"
import { LatestKeys, type ResError } from "res-service"
import { type Claims, type Grants, TokenError } from "../../contract/claims.ts"
import { MAX_TOKEN_LENGTH } from "../../contract/limits.ts"
import { notTried } from "../../contract/unavailable.ts"

/** How long a verified token is trusted without checking it again, in ms. So long a key that the issuer has withdrawn may still work. */
const MAX_TRUST_MS = 60_000
/**
 * How long a token is valid after its issue at most, in days. Firebase's are valid for an hour, most issuers' for a day. An app with a
 * token that was made by hand needs a new one each month.
 */
export const DEFAULT_MAX_TOKEN_DAYS = 30
/** Most verified tokens that are remembered. */
const MAX_REMEMBERED = 10_000

/**
 * How far an issuer's clock may be ahead of ours, in seconds. A token that is issued or becomes valid within this time is valid already.
 * The end has no tolerance: a token is valid until `exp` by our clock.
 */
export const CLOCK_TOLERANCE_S = 10

const DAY_S = 24 * 60 * 60

/** The issuer's current data of a user. */
export interface UserState {
  /** Tokens issued before this time are not valid, in seconds since the epoch. */
  readonly validSince: number
  /** The user's current rights. Earlier tokens may state more. */
  readonly grants: Grants
}

/** Verifies the tokens of one issuer. */
export interface TokenVerifier {
  /**
   * Checks signature, issuer, audience and times of a JWT.
   *
   * @throws {TokenError} the token is not valid
   * @throws {ResError} `system.serviceUnavailable`: the issuer's keys cannot be fetched
   */
  verify(jwt: string): Promise<Claims>
  /** Asks the issuer about a user. Left out for issuers that cannot be asked. Rejects when the issuer does not answer. */
  userState?(user: string): Promise<UserState>
}

/** The error when the issuer does not answer. */
export function issuerAway(cause: unknown): ResError {
  return notTried("The issuer of tokens does not answer", cause)
}

/**
 * Remembers verified tokens for a minute, because an app sends the same token with each request. A token is valid until its `exp`, and at
 * most `maxDays` after its issue. Revocations are remembered as long.
 */
export class RememberingVerifier implements TokenVerifier {
  readonly userState?: (user: string) => Promise<UserState>
  readonly #verifier: TokenVerifier
  readonly #maxDays: number
  readonly #good = new LatestKeys<string, { readonly claims: Claims; readonly until: number }>(MAX_REMEMBERED)

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
    // Revocation depends on the time of issue, so it must not be in the future.
    if (claims.iat > now + CLOCK_TOLERANCE_S) throw new TokenError("it is issued in the future")
    this.#good.set(key, { claims, until: Math.min(Date.now() + MAX_TRUST_MS, claims.exp * 1000) })
    return claims
  }
}

/**
 * Whether a signature is written as base64url writes it. The last character has unused bits, so one token could have up to 16 spellings,
 * each with its own rate limit.
 */
function isPlainlySigned(jwt: string): boolean {
  const signature = jwt.slice(jwt.lastIndexOf(".") + 1)
  return Buffer.from(signature, "base64url").toString("base64url") === signature
}
