import { serviceError } from "../../contract/errors.ts"
import { isRecord } from "../../contract/record.ts"
import { sha256 } from "../sha256.ts"

/** Characters of a cart's version. */
const VERSION_LENGTH = 16

const sizes = new WeakMap<object, number>()
const versions = new WeakMap<object, string>()

/** Bytes of a cart's JSON. Counted once for each cart: unchanged carts stay the same objects. */
export function sizeOf(content: object): number {
  return known(sizes, content, () => Buffer.byteLength(JSON.stringify(content)))
}

/** Names the content of a cart, like an ETag. Carts that are equal as JSON have the same version, in any order of their members. */
export function versionOf(content: object): string {
  return known(versions, content, () => sha256(JSON.stringify(content, inOrder)).slice(0, VERSION_LENGTH))
}

function inOrder(_: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value
}

/** What was computed of a cart before, or computes it: unchanged carts stay the same objects. */
export function known<T>(all: WeakMap<object, T>, content: object, compute: () => T): T {
  const found = all.get(content)
  if (found !== undefined) return found
  const computed = compute()
  all.set(content, computed)
  return computed
}

/** Throws `session.cartChanged` if a cart has another version. */
export function checkVersion(content: object, version: string): void {
  const current = versionOf(content)
  if (version !== current) throw serviceError("session.cartChanged", { version: current, content })
}
