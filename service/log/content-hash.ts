import { createHash, type Hash, type Hmac } from "node:crypto"

/** A header of ours on the first message of a request that may come again: a hash of all its events. */
export const CONTENT_HASH = "Shopwire-Content-Hash"

/** The hash of a request's events. */
export function contentHash(payloads: readonly string[]): string {
  return hashOf(createHash("sha256"), ...payloads)
}

/** Base64url hash of a list of texts. JSON keeps two lists with the same joined text apart. */
export function hashOf(hash: Hash | Hmac, ...texts: string[]): string {
  return hash.update(JSON.stringify(texts)).digest("base64url")
}
