import { SettingError, type Settings } from "./settings.ts"

/** The settings of sign-in. */
export const authSettings = [
  "AUTH",
  "FIREBASE_PROJECT_ID",
  "AUTH_CHECK_REVOKED",
  "JWKS_URL",
  "JWT_ISSUER",
  "JWT_AUDIENCE",
  "JWT_CLAIM_PREFIX",
  "NODE_ENV",
] as const

/** The settings of the cookie with a token. */
export const cookieSettings = ["AUTH_COOKIE", "CORS_ORIGINS"] as const

/** The issuer of tokens made by `shopwire token`, for development only. */
export const DEVELOPMENT_ISSUER = "shopwire-development"

/** The issuer whose tokens are accepted. */
export type AuthConfig =
  | { readonly kind: "none" }
  | { readonly kind: "firebase"; readonly projectId: string; readonly checkRevoked: boolean }
  | {
      readonly kind: "jwks"
      readonly url: URL
      readonly issuer: string
      readonly audience: string
      readonly claimPrefix: string
    }

/**
 * Combines the settings of sign-in.
 *
 * @throws {SettingError} one is missing, or not allowed in production
 */
export function authConfig(
  settings: Settings<(typeof authSettings)[number]>,
  env: NodeJS.ProcessEnv = process.env,
): AuthConfig {
  const { AUTH, NODE_ENV } = settings
  const needed = <N extends (typeof authSettings)[number]>(name: N): NonNullable<(typeof settings)[N]> => {
    const value = settings[name]
    if (value === undefined) throw new SettingError(`${name} is not set: AUTH=${AUTH} needs it`)
    return value as NonNullable<(typeof settings)[N]>
  }
  switch (AUTH) {
    case "none":
      return { kind: "none" }
    case "firebase":
      if (NODE_ENV === "production" && env.FIREBASE_AUTH_EMULATOR_HOST) {
        throw new SettingError(
          "FIREBASE_AUTH_EMULATOR_HOST is set: tokens would not need a signature; unset it, or NODE_ENV=production",
        )
      }
      return {
        kind: "firebase",
        projectId: needed("FIREBASE_PROJECT_ID"),
        checkRevoked: settings.AUTH_CHECK_REVOKED,
      }
    case "jwks": {
      const issuer = needed("JWT_ISSUER")
      if (NODE_ENV === "production" && issuer === DEVELOPMENT_ISSUER) {
        throw new SettingError(
          `JWT_ISSUER=${DEVELOPMENT_ISSUER}: tokens of \`shopwire token\` are for development; NODE_ENV is production`,
        )
      }
      return {
        kind: "jwks",
        url: new URL(needed("JWKS_URL")),
        issuer,
        audience: needed("JWT_AUDIENCE"),
        claimPrefix: settings.JWT_CLAIM_PREFIX,
      }
    }
  }
}

/** A cookie in which a browser may send its token with a WebSocket. */
export interface AuthCookie {
  readonly name: string
  /** The pages that may use it: browsers send cookies with the requests of any page. */
  readonly origins: readonly string[]
}

/**
 * The cookie in the settings, if there is one.
 *
 * @throws {SettingError} any page could use it
 */
export function authCookie({
  AUTH_COOKIE: name,
  CORS_ORIGINS: origins = [],
}: Settings<(typeof cookieSettings)[number]>): AuthCookie | undefined {
  if (name === undefined) return undefined
  if (origins.length === 0 || origins.includes("*")) {
    throw new SettingError(`AUTH_COOKIE=${name}: expected CORS_ORIGINS to list the pages that may send it`)
  }
  return { name, origins }
}
