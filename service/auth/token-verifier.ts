import { createHash } from "node:crypto"
import { ResError } from "res-service"
import { type Claims, type Grants, TokenError } from "./claims.ts"

/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 8192

/** How long a token that was good counts as good, in ms: what a key that the issuer takes back may live on. */
const MAX_TRUST_MS = 60_000
/** Tokens remembered as good. */
const MAX_REMEMBERED = 10_000

/** Clocks may differ by so much, in seconds. */
export const CLOCK_TOLERANCE_S = 10

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
  return new ResError("system.serviceUnavailable", "The issuer of tokens does not answer", undefined, { cause })
}

/** Remembers for a minute which tokens were good: an app sends the same one with each request. */
export class RememberingVerifier implements TokenVerifier {
  readonly userState?: (user: string) => Promise<UserState>
  readonly #verifier: TokenVerifier
  readonly #good = new Map<string, { readonly claims: Claims; readonly until: number }>()

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
    if (verifier.userState !== undefined) this.userState = verifier.userState.bind(verifier)
  }

  async verify(jwt: string): Promise<Claims> {
    if (jwt.length > MAX_TOKEN_LENGTH) throw new TokenError("it is too long")
    const key = createHash("sha256").update(jwt).digest("base64")
    const known = this.#good.get(key)
    if (known !== undefined && known.until > Date.now()) return known.claims
    this.#good.delete(key)
    const claims = await this.#verifier.verify(jwt)
    // Revocation goes by the time of issue, so nobody may choose it.
    if (claims.iat > Date.now() / 1000 + CLOCK_TOLERANCE_S) throw new TokenError("it is issued in the future")
    const [oldest] = this.#good.keys()
    if (this.#good.size >= MAX_REMEMBERED && oldest !== undefined) this.#good.delete(oldest)
    this.#good.set(key, { claims, until: Math.min(Date.now() + MAX_TRUST_MS, claims.exp * 1000) })
    return claims
  }
}
