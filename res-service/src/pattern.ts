import { isValidName, isValidPart } from "./rid.ts"

/** The names of the placeholders in a pattern: `PartName<"library.$shelf.book.$id">` is `"shelf" | "id"`. */
export type PartName<P extends string> = P extends `${infer Head}.${infer Tail}`
  ? PartName<Head> | PartName<Tail>
  : P extends `$${infer Name}`
    ? Name
    : never

/** The values of a pattern's placeholders in one resource name. */
export type Parts<P extends string> = { readonly [K in PartName<P>]: string }

/**
 * A pattern of resource names: parts separated by dots. Each part is a literal, a placeholder `$name` for any one part, or, at
 * the end only, `>` for one or more parts.
 */
export class Pattern<P extends string = string> {
  readonly #parts: readonly string[]
  /** The placeholder's name, for each part that is one. */
  readonly #placeholders: readonly (string | undefined)[]
  readonly source: P

  /** Throws a `TypeError` for an invalid pattern, and for one that names a placeholder twice. */
  constructor(source: P) {
    this.source = source
    this.#parts = source.split(".")
    this.#placeholders = this.#parts.map((part) => (part.startsWith("$") ? part.slice(1) : undefined))
    const names = new Set<string>()
    for (const [i, part] of this.#parts.entries()) {
      const rest = part === ">" && i === this.#parts.length - 1
      if (!rest && !isValidPart(part)) throw new TypeError(`invalid pattern ${JSON.stringify(source)}`)
      if (!part.startsWith("$")) continue
      if (part.length === 1 || names.has(part)) throw new TypeError(`invalid placeholder in pattern "${source}"`)
      names.add(part)
    }
  }

  /** The pattern as a NATS subject: placeholders become `*`. */
  get subject(): string {
    return this.#parts.map((part) => (part.startsWith("$") ? "*" : part)).join(".")
  }

  /**
   * For sorting: the more specific pattern comes first. At the first part that differs, a literal comes before `$name`, and that
   * before `>`.
   */
  static compare(a: Pattern, b: Pattern): number {
    for (let i = 0; i < Math.max(a.#parts.length, b.#parts.length); i++) {
      const difference = rank(a.#parts[i]) - rank(b.#parts[i])
      if (difference !== 0) return difference
    }
    return 0
  }

  /** The values of the placeholders if `name` matches, else undefined. */
  match(name: string): Parts<P> | undefined {
    return this.matchParts(name.split("."))
  }

  /** As `match`, for a name whose parts are known. */
  matchParts(parts: readonly string[]): Parts<P> | undefined {
    const expected = this.#parts
    if (parts.length < expected.length) return undefined
    if (parts.length > expected.length && expected.at(-1) !== ">") return undefined
    for (let i = 0; i < expected.length; i++) {
      if (this.#placeholders[i] === undefined && expected[i] !== parts[i] && expected[i] !== ">") return undefined
    }
    const found: Record<string, string> = {}
    for (let i = 0; i < expected.length; i++) {
      const placeholder = this.#placeholders[i]
      if (placeholder !== undefined) found[placeholder] = parts[i] ?? ""
    }
    return found as Parts<P>
  }

  /**
   * A pattern for resets: all names with these parts, with `*` for each part that is left out. Throws a `TypeError` for a value
   * that is not a valid part.
   *
   * @example new Pattern("library.$shelf.book.$id").names({ shelf: "a" }) // "library.a.book.*"
   */
  names(parts: Partial<Parts<P>>): string {
    const given: { readonly [name: string]: string | undefined } = parts
    for (const part of Object.values(given)) {
      if (part !== undefined && !isValidPart(part)) throw new TypeError(`${JSON.stringify(part)} is not a valid part`)
    }
    return this.#parts.map((part) => (part.startsWith("$") ? (given[part.slice(1)] ?? "*") : part)).join(".")
  }

  /** The name with the placeholders filled in. Throws a `TypeError` for a value that is not a valid part. */
  name(parts: Parts<P>): string {
    const name = this.#parts.map((part) =>
      part.startsWith("$") ? String((parts as Record<string, string>)[part.slice(1)]) : part,
    )
    for (const part of name) if (!isValidPart(part)) throw new TypeError(`${JSON.stringify(part)} is not a valid part`)
    const joined = name.join(".")
    if (!isValidName(joined)) throw new TypeError(`${JSON.stringify(joined)} is not a resource name`)
    return joined
  }
}

function rank(part: string | undefined): number {
  if (part === undefined) return 3
  if (part === ">") return 2
  return part.startsWith("$") ? 1 : 0
}
