/** What the edge says in `/config.json`. */
export interface Config {
  /** `ws:` or `wss:` URL. */
  readonly gateway: string
  readonly auth: AuthConfig
}

/** `api_key`: that of the Firebase project; with it one can sign in by e-mail and password. */
export interface AuthConfig {
  readonly kind: "none" | "firebase" | "jwks"
  readonly api_key?: string
  /** Where to sign in, and where to get a new token; Google's unless said otherwise. */
  readonly identityUrl?: string
  readonly tokenUrl?: string
}

/** Rejects with what to tell people. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json").catch(() => undefined)
  if (!response?.ok) throw new Error("The server does not answer.")
  return (await response.json()) as Config
}
