import type { Settings } from "../../config/settings.ts"
import type { WebOptions } from "./web.ts"

/** Where Firebase takes passwords, and gives newer tokens. */
const FIREBASE_ORIGINS = ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]

/** What the pages are told about signing in, and to whom they may talk for it. */
export function signIn({
  AUTH: kind,
  FIREBASE_API_KEY: api_key,
}: Settings<"AUTH" | "FIREBASE_API_KEY">): Pick<WebOptions, "auth" | "connectTo"> {
  if (kind !== "firebase" || api_key === undefined) return { auth: { kind }, connectTo: [] }
  return { auth: { kind, api_key }, connectTo: FIREBASE_ORIGINS }
}
