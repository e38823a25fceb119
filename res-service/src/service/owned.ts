import { isValidPart } from "../rid.ts"
import type { RequestType } from "./incoming.ts"

/**
 * The names that a service answers for and names in its resets. Patterns, in which `*` stands for any one part and `>` at the end
 * for one or more. No two patterns of a list may match the same name.
 */
export interface Owned {
  /** For get, call and auth requests. Default: all names that start like one of the declared patterns. */
  readonly resources?: readonly string[]
  /** For access requests. Default: the same as `resources`, if any declared resource has an `access` handler. */
  readonly access?: readonly string[]
}

/** Throws a `TypeError` for an invalid pattern, and for two that match the same name, whose requests would arrive twice. */
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

/** The NATS subject of a type's requests for the names of a pattern. */
export function requestSubject(type: RequestType, pattern: string): string {
  if (type === "access" || type === "get") return `${type}.${pattern}`
  // The method is one more part. `>` already stands for one or more.
  return pattern.endsWith(">") ? `${type}.${pattern.slice(0, -1)}*.>` : `${type}.${pattern}.*`
}

/** True when some name may match both. */
export function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split("."), b.split(".")]
  for (let i = 0; ; i++) {
    const [x, y] = [left[i], right[i]]
    if (x === undefined || y === undefined) return x === y
    if (x === ">" || y === ">") return true
    if (x !== "*" && y !== "*" && x !== y) return false
  }
}
