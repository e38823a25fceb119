/** A token's claims, not verified here: only the service knows whether a token is valid. */
export interface TokenClaims {
  /** The issuer's name for the user, if the token has one. */
  readonly user: string | undefined
  /** When it expires, in ms since the epoch, if the token says so. */
  readonly expiresAt: number | undefined
}

const NOTHING: TokenClaims = { user: undefined, expiresAt: undefined }

/** Reads the claims of a request's token (`RequestToken`). Use it only after the service has accepted the token. */
export function claimsIn(token: unknown): TokenClaims {
  if (typeof token !== "object" || token === null || !("bearer" in token)) return NOTHING
  try {
    const [, payload = ""] = String(token.bearer).split(".")
    const { sub, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { sub?: unknown; exp?: unknown }
    return {
      user: typeof sub === "string" ? sub : undefined,
      expiresAt: typeof exp === "number" ? exp * 1000 : undefined,
    }
  } catch {
    return NOTHING
  }
}
