import { isValidPart } from "../rid.ts"
import type { RequestType } from "./incoming.ts"

/**
 * Which names a service answers for, and announces in its resets: patterns in which `*` stands for any one part and `>` at
 * the end for one or more. No two of a list may match the same name.
 */
export interface Owned {
  /** For get, call and auth. Default: everything that starts as one of the declared patterns does. */
  readonly resources?: readonly string[]
  /** For access. Default: as `resources`, if any of the declared resources has an `access` handler. */
  readonly access?: readonly string[]
}

/** Throws a `TypeError` for what is no pattern, and for two that match the same name: its requests would come twice. */
export function checkOwned(patterns: readonly string[]): void {
  for (const [i, pattern] of patterns.entries()) {
    const parts = pattern.split(".")
    const valid = parts.every(
      (part, at) => part === "*" || isValidPart(part) || (part === ">" && at === parts.length - 1),
    )
    if (!valid) throw new TypeError(`invalid pattern ${JSON.stringify(pattern)}`)
    const other = patterns.slice(0, i).find((earlier) => overlap(earlier, pattern))
    if (other !== undefined) throw new TypeError(`the patterns "${other}" and "${pattern}" match the same names`)
  }
}

/** The NATS subject on which the requests of a type come for a pattern's names. */
export function requestSubject(type: RequestType, pattern: string): string {
  if (type === "access" || type === "get") return `${type}.${pattern}`
  // One more part, the method; `>` is one or more already.
  return pattern.endsWith(">") ? `${type}.${pattern.slice(0, -1)}*.>` : `${type}.${pattern}.*`
}

/** True when there may be a name that both match. */
export function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split("."), b.split(".")]
  for (let i = 0; ; i++) {
    const [x, y] = [left[i], right[i]]
    if (x === undefined || y === undefined) return x === y
    if (x === ">" || y === ">") return true
    if (x !== "*" && y !== "*" && x !== y) return false
  }
}
