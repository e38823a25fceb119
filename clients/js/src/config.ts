import { edgeUrlOf } from "./edge-url.ts"
import type { AuthConfig } from "./firebase.ts"

/** The contents of the edge's `/config.json`. */
export interface Config {
  /** `ws:` or `wss:` URL. */
  readonly gateway: string
  readonly auth: AuthConfig
}

/**
 * Asks an edge where its gateway is, and how to sign in. Rejects with a message for people.
 *
 * @param edgeUrl `https://edge.example`; left out: the page's own origin
 */
export async function loadConfig(edgeUrl = ""): Promise<Config> {
  const response = await fetch(edgeUrlOf(edgeUrl, "/config.json")).catch(() => undefined)
  if (!response?.ok) throw new Error("The server does not answer.")
  return (await response.json()) as Config
}
