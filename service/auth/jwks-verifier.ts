import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose"
import { claimsOf, TokenError } from "../../contract/claims.ts"
import { CLOCK_TOLERANCE_S, issuerAway, type TokenVerifier } from "./token-verifier.ts"

export interface JwksOptions {
  /** Address of the issuer's public keys: `http:`, `https:` or `file:`. */
  readonly url: URL
  readonly issuer: string
  readonly audience: string
  /** Prefix of the names of our own claims. */
  readonly claimPrefix: string
  /** After an unknown key ID the keys are fetched again, but not more often than this. Default `DEFAULT_COOLDOWN_MS`. */
  readonly cooldownMs?: number
}

/** Only asymmetric algorithms, because the key is public. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]

const FETCH_TIMEOUT_MS = 3000
export const DEFAULT_COOLDOWN_MS = 5000

/**
 * Verifies tokens of any OpenID Connect issuer by its JSON Web Key Set.
 *
 * Source: RFC 7517; RFC 8725, "JSON Web Token Best Current Practices".
 */
export function jwksVerifier(options: JwksOptions): TokenVerifier {
  const { url, issuer, audience, claimPrefix, cooldownMs = DEFAULT_COOLDOWN_MS } = options
  const keys = keysAt(url, cooldownMs)
  return {
    verify: async (jwt) => {
      try {
        const { payload } = await jwtVerify(jwt, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_S,
          requiredClaims: ["sub", "iat", "exp"],
        })
        return claimsOf(payload, claimPrefix)
      } catch (error) {
        throw refused(error)
      }
    },
  }
}

function keysAt(url: URL, cooldownMs: number): JWTVerifyGetKey {
  if (url.protocol === "file:") {
    return createLocalJWKSet(JSON.parse(readFileSync(fileURLToPath(url), "utf8")) as JSONWebKeySet)
  }
  const remote = createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: cooldownMs })
  let failedAt = -Infinity
  return async (header, token) => {
    const known = remote.fresh ? remote.jwks() : undefined
    if (known === undefined) return await remote(header, token)
    // The keys are known, so a token of another key is invalid, whether or not the issuer answers now.
    if (performance.now() - failedAt < cooldownMs) return await createLocalJWKSet(known)(header, token)
    try {
      return await remote(header, token)
    } catch (error) {
      if (isOfToken(error)) throw error
      failedAt = performance.now()
      return await createLocalJWKSet(known)(header, token)
    }
  }
}

/** True when the keys could be fetched and none is the token's. */
function isOfToken(error: unknown): boolean {
  return [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported].some(
    (kind) => error instanceof kind,
  )
}

function refused(error: unknown): unknown {
  if (error instanceof TokenError) return error
  if (error instanceof errors.JWTExpired) return new TokenError("it has expired")
  if (error instanceof errors.JWTClaimValidationFailed) return new TokenError(error.message)
  if (error instanceof errors.JWSSignatureVerificationFailed) return new TokenError("it has an invalid signature")
  if (error instanceof errors.JWKSNoMatchingKey) return new TokenError("none of the issuer's keys has signed it")
  if (error instanceof errors.JWKSMultipleMatchingKeys) return new TokenError("it does not say which key has signed it")
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return new TokenError("it has an algorithm that is not taken")
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return new TokenError("it is no JWT")
  // The keys could not be fetched, or are not keys.
  return issuerAway(error)
}
