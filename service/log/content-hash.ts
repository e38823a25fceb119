import type { Hash, Hmac } from "node:crypto"

/** A header of ours on the first message of a request that may come again: a hash of all its events. */
export const CONTENT_HASH = "Shopwire-Content-Hash"

/** Base64url hash of a list of texts. JSON keeps two lists with the same joined text apart. */
export function hashOf(hash: Hash | Hmac, ...texts: string[]): string {
  return hash.update(JSON.stringify(texts)).digest("base64url")
}
