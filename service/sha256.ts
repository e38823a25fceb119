import { createHash } from "node:crypto"

/** A hash of a text, fit for a key or a URL: it names the text, and does not tell it. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}
