/** How users of a product sign in: the `auth` of the edge's `/config.json`. `api_key` is the Firebase project's. */
export interface AuthConfig {
  readonly kind: "none" | "firebase" | "jwks"
  /** Allows signing in by e-mail and password. */
  readonly api_key?: string
  /** The URLs for signing in and for new tokens; Google's by default. */
  readonly identityUrl?: string
  readonly tokenUrl?: string
}

/** Google's URLs of Firebase Authentication. */
const IDENTITY_URL = "https://identitytoolkit.googleapis.com"
const TOKEN_URL = "https://securetoken.googleapis.com"

/** What a user signs in with, for as long as the token is valid or can be renewed. */
export interface Credentials {
  readonly token: string
  readonly refreshToken?: string
  /** In ms since the epoch; unknown if the token is not a JWT. */
  readonly expiresAt?: number
}

/** Why signing in by password failed, with a message for people in English. */
const complaints = {
  wrongPassword: "E-mail or password is wrong.",
  closed: "This account is closed.",
  tooManyAttempts: "Too many attempts; try again later.",
  noAnswer: "The sign-in service does not answer.",
  failed: "Signing in did not work.",
} as const

export type SignInErrorCode = keyof typeof complaints

/** Signing in by password failed; a page in another language translates the code. */
export class SignInError extends Error {
  readonly code: SignInErrorCode

  constructor(code: SignInErrorCode) {
    super(complaints[code])
    this.name = "SignInError"
    this.code = code
  }
}

/** Our codes for Firebase's. */
const codes: Readonly<Record<string, SignInErrorCode>> = {
  INVALID_LOGIN_CREDENTIALS: "wrongPassword",
  INVALID_PASSWORD: "wrongPassword",
  EMAIL_NOT_FOUND: "wrongPassword",
  USER_DISABLED: "closed",
  TOO_MANY_ATTEMPTS_TRY_LATER: "tooManyAttempts",
}

/**
 * Signs in with Firebase. Rejects with a `SignInError`.
 *
 * Source: Identity Toolkit REST API v1, `accounts.signInWithPassword`.
 */
export async function signInByPassword(auth: AuthConfig, email: string, password: string): Promise<Credentials> {
  const url = `${auth.identityUrl ?? IDENTITY_URL}/v1/accounts:signInWithPassword`
  const answer = await post<{ idToken: string; refreshToken: string; expiresIn: string }>(
    auth,
    url,
    "application/json",
    JSON.stringify({ email, password, returnSecureToken: true }),
  )
  return { token: answer.idToken, refreshToken: answer.refreshToken, expiresAt: after(answer.expiresIn) }
}

/**
 * Credentials with a new token. Rejects if Firebase gives no new one.
 *
 * Source: Secure Token Service, "Exchange a refresh token for an ID token".
 */
export async function renew(auth: AuthConfig, refreshToken: string): Promise<Credentials> {
  const answer = await post<{ id_token: string; refresh_token: string; expires_in: string }>(
    auth,
    `${auth.tokenUrl ?? TOKEN_URL}/v1/token`,
    "application/x-www-form-urlencoded",
    new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken }).toString(),
  )
  return { token: answer.id_token, refreshToken: answer.refresh_token, expiresAt: after(answer.expires_in) }
}

/** Credentials from a given token. */
export function credentialsOf(token: string): Credentials {
  const expiresAt = expiryOf(token)
  return expiresAt === undefined ? { token } : { token, expiresAt }
}

/** The expiry in a JWT, in ms since the epoch. The token is not verified here; the service does that. */
function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? ""
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown }
    return typeof exp === "number" ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

async function post<T>(auth: AuthConfig, url: string, type: string, body: string): Promise<T> {
  const response = await fetch(`${url}?key=${encodeURIComponent(auth.api_key ?? "")}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  }).catch(() => undefined)
  if (response === undefined) throw new SignInError("noAnswer")
  const answer = (await response.json()) as T & { error?: { message?: string } }
  if (response.ok) return answer
  const code = answer.error?.message?.split(" ")[0] ?? ""
  throw new SignInError(codes[code] ?? "failed")
}

function after(seconds: string): number {
  return Date.now() + Number(seconds) * 1000
}
