import type { Settings } from "../../config/settings.ts"
import type { WebOptions } from "./web.ts"

/** Where Firebase accepts passwords and renews tokens. */
const FIREBASE_ORIGINS = ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]

/** What pages learn about signing in, and the origins that they may connect to for it. */
export function signIn({
  AUTH: kind,
  FIREBASE_API_KEY: api_key,
}: Settings<"AUTH" | "FIREBASE_API_KEY">): Pick<WebOptions, "auth" | "connectTo"> {
  if (kind !== "firebase" || api_key === undefined) return { auth: { kind }, connectTo: [] }
  return { auth: { kind, api_key }, connectTo: FIREBASE_ORIGINS }
}
