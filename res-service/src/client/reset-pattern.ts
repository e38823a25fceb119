/** One part of some patterns that begin alike. */
class Branch {
  /** What may follow, by the next part. */
  readonly next = new Map<string, Branch>()
  /** What may follow any next part. */
  anyNext: Branch | undefined
  /** How many patterns end here. */
  ends = 0
  /** How many patterns end here with `>`. */
  openEnds = 0

  at(part: string): Branch {
    if (part === "*") {
      this.anyNext ??= new Branch()
      return this.anyNext
    }
    const known = this.next.get(part)
    if (known) return known
    const made = new Branch()
    this.next.set(part, made)
    return made
  }

  /** How many patterns match. */
  count(parts: readonly string[], from = 0): number {
    const part = parts[from]
    if (part === undefined) return this.ends
    const next = this.next.get(part)?.count(parts, from + 1) ?? 0
    return this.openEnds + next + (this.anyNext?.count(parts, from + 1) ?? 0)
  }
}

/**
 * The patterns of a reset; invalid ones are left out. `*` matches any one part, `>` at the end one or more. A name is compared with all
 * patterns at once: a service may reset thousands of names, and a gateway show thousands.
 *
 * Source: RES-Service protocol 1.2.3, "System reset event".
 */
export class ResetPatterns {
  /** The patterns without a wildcard, each as often as it is among them. */
  readonly names: string[] = []
  #wildcards: Branch | undefined

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) this.#add(pattern)
  }

  get haveWildcards(): boolean {
    return this.#wildcards !== undefined
  }

  /** How many of the patterns with a wildcard match. */
  countWildcards(name: string): number {
    return this.#wildcards?.count(name.split(".")) ?? 0
  }

  #add(pattern: string): void {
    const parts = pattern.split(".")
    const isOpen = parts.at(-1) === ">"
    if (isOpen) parts.pop()
    if ((parts.length === 0 && !isOpen) || !parts.every((part) => part === "*" || PART.test(part))) return
    if (!isOpen && !parts.includes("*")) {
      this.names.push(pattern)
      return
    }
    this.#wildcards ??= new Branch()
    let branch = this.#wildcards
    for (const part of parts) branch = branch.at(part)
    if (isOpen) branch.openEnds++
    else branch.ends++
  }
}

// Printable ASCII without space, `*`, `.`, `>` and `?`.
const PART = /^[!-)+\-/-=@-~]+$/
