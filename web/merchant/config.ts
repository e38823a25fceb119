/** The contents of the edge's `/config.json`. */
export interface Config {
  /** `ws:` or `wss:` URL. */
  readonly gateway: string
  readonly auth: AuthConfig
}

/** `api_key` is the Firebase project's; it allows signing in by e-mail and password. */
export interface AuthConfig {
  readonly kind: "none" | "firebase" | "jwks"
  readonly api_key?: string
  /** The URLs for signing in and for new tokens; Google's by default. */
  readonly identityUrl?: string
  readonly tokenUrl?: string
}

/** Rejects with a message for people. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json").catch(() => undefined)
  if (!response?.ok) throw new Error("The server does not answer.")
  return (await response.json()) as Config
}
