import type { Agent } from "node:http"
import { applicationDefault, type Credential, initializeApp } from "firebase-admin/app"
import { FirebaseAuthError, getAuth } from "firebase-admin/auth"
import { claimsOf, grantsOf, TokenError } from "../../contract/claims.ts"
import { issuerAway, type TokenVerifier } from "./token-verifier.ts"

export interface FirebaseOptions {
  readonly projectId: string
  /**
   * Also asks Firebase whether the user is disabled, the token revoked, and for the user's current claims. Needs a service account:
   * Firebase's GOOGLE_APPLICATION_CREDENTIALS.
   */
  readonly checkRevoked: boolean
  /** The way to Google's servers. Default: directly. */
  readonly httpAgent?: Agent
  /** Default: the credential that GOOGLE_APPLICATION_CREDENTIALS names. */
  readonly credential?: Credential
}

/** Matches firebase-admin's messages about a token. It uses the same code for keys that could not be fetched. */
const OF_TOKEN = /^(?:The )?(?:Firebase ID token|Decoding Firebase ID token|verifyIdToken\(\))/

let apps = 0

/**
 * Verifies ID tokens of a Firebase project, by the certificates that Google publishes.
 *
 * Source: firebase-admin 13, `Auth.verifyIdToken`.
 */
export function firebaseVerifier({ projectId, checkRevoked, httpAgent, credential }: FirebaseOptions): TokenVerifier {
  const app = initializeApp(
    {
      projectId,
      ...(httpAgent === undefined ? {} : { httpAgent }),
      ...(checkRevoked ? { credential: credential ?? applicationDefault(httpAgent) } : {}),
    },
    `shopwire-${apps++}`,
  )
  const auth = getAuth(app)
  const verifier: TokenVerifier = {
    verify: async (jwt) => claimsOf({ ...(await auth.verifyIdToken(jwt, checkRevoked).catch(refused)) }),
  }
  if (!checkRevoked) return verifier
  return {
    ...verifier,
    userState: async (user) => {
      const now = Date.now() / 1000
      try {
        const { disabled, tokensValidAfterTime, customClaims } = await auth.getUser(user)
        const validSince = disabled ? now : Date.parse(tokensValidAfterTime ?? "1970-01-01") / 1000
        return { validSince, grants: grantsOf(customClaims ?? {}) }
      } catch (error) {
        // Without the user, or with unreadable claims, no token of the user is valid.
        const isGone = error instanceof TokenError || codeOf(error) === "auth/user-not-found"
        if (isGone) return { validSince: now, grants: grantsOf({}) }
        throw error
      }
    },
  }
}

function refused(error: unknown): never {
  const message = error instanceof Error ? error.message : ""
  switch (codeOf(error)) {
    case "auth/id-token-expired":
      throw new TokenError("it has expired")
    case "auth/id-token-revoked":
    case "auth/user-disabled":
    case "auth/user-not-found":
      throw new TokenError("it was revoked")
    case "auth/argument-error":
      // Only the first sentence, because the next ones may quote the token.
      if (OF_TOKEN.test(message)) throw new TokenError(message.replace(/\. .*$/s, "."))
  }
  throw issuerAway(error)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof FirebaseAuthError ? error.code : undefined
}
