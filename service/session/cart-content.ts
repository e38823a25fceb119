import type { ResError } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import { isRecord } from "../../contract/record.ts"
import { sha256 } from "../sha256.ts"
import { known } from "./known.ts"

/** Characters of a cart's version. */
const VERSION_LENGTH = 16

const sizes = new WeakMap<object, number>()
const versions = new WeakMap<object, string>()

/** The cart whose JSON was asked for last: each new cart is measured and then stored. */
let latest = { content: {}, json: "{}" }

/** A cart's JSON. */
export function jsonOf(content: object): string {
  if (latest.content !== content) latest = { content, json: JSON.stringify(content) }
  return latest.json
}

/** Bytes of a cart's JSON. */
export function sizeOf(content: object): number {
  return known(sizes, content, () => Buffer.byteLength(jsonOf(content)))
}

/** Names the content of a cart, like an ETag. Carts that are equal as JSON have the same version, in any order of their members. */
export function versionOf(content: object): string {
  return known(versions, content, () => sha256(JSON.stringify(content, inOrder)).slice(0, VERSION_LENGTH))
}

function inOrder(_: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value
}

/** Throws `session.cartChanged` if a cart has another version. */
export function checkVersion(content: object, version: string): void {
  if (version !== versionOf(content)) throw cartChanged(content)
}

/** The cart was changed meanwhile: this is what it has now. */
export function cartChanged(content: object): ResError {
  return serviceError("session.cartChanged", { version: versionOf(content), content })
}
