import { randomBytes, randomUUID } from "node:crypto"

const PLACEHOLDER = /\$(cid:\w+|[a-z][A-Za-z0-9]*)/g
const CID = /[\w-]+/

/** The values of placeholders in one run of a case. Connection IDs are not known until they are first seen. */
export class Scope {
  readonly #values: Map<string, string>
  readonly #cids: Map<string, string>

  private constructor(values: Map<string, string>, cids: Map<string, string>) {
    this.#values = values
    this.#cids = cids
  }

  static create(vars: Readonly<Record<string, string>>, host: string): Scope {
    const values = new Map([
      ["ns", `v${randomBytes(6).toString("hex")}`],
      ["host", host],
    ])
    for (const [name, kind] of Object.entries(vars)) values.set(name, kind === "uuid" ? randomUUID() : kind)
    return new Scope(values, new Map())
  }

  /** What tells the messages of this run from those of others. */
  get marks(): string[] {
    return [...this.#values].filter(([name]) => name !== "host").map(([, value]) => value)
  }

  get cids(): ReadonlyMap<string, string> {
    return this.#cids
  }

  /** To try a match: `adopt` what it has learnt if it holds. */
  fork(): Scope {
    return new Scope(this.#values, new Map(this.#cids))
  }

  adopt(fork: Scope): void {
    for (const [label, cid] of fork.#cids) this.#cids.set(label, cid)
  }

  /** `value` with the placeholders in all its strings and keys filled in. */
  fill<T>(value: T): T {
    return this.#map(value, (text) => text.replace(PLACEHOLDER, (whole, name: string) => this.#get(name) ?? whole)) as T
  }

  /** Compares with a text that has placeholders, learning the connection IDs in it. */
  matches(expected: string, actual: string): boolean {
    const learnt: string[] = []
    let pattern = ""
    let at = 0
    for (const found of expected.matchAll(PLACEHOLDER)) {
      const name = found[1] ?? ""
      const value = this.#get(name)
      if (value === undefined && !name.startsWith("cid:")) continue
      pattern += escapeRegExp(expected.slice(at, found.index))
      at = found.index + found[0].length
      if (value === undefined) learnt.push(name.slice(4))
      pattern += value === undefined ? `(${CID.source})` : escapeRegExp(value)
    }
    const match = new RegExp(`^${pattern}${escapeRegExp(expected.slice(at))}$`, "s").exec(actual)
    if (!match) return false
    return learnt.every((label, i) => this.#learn(label, match[i + 1] ?? ""))
  }

  #get(name: string): string | undefined {
    return name.startsWith("cid:") ? this.#cids.get(name.slice(4)) : this.#values.get(name)
  }

  #learn(label: string, cid: string): boolean {
    const known = this.#cids.get(label)
    if (known !== undefined) return known === cid
    if ([...this.#cids.values()].includes(cid)) return false
    this.#cids.set(label, cid)
    return true
  }

  #map(value: unknown, text: (text: string) => string): unknown {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map((each) => this.#map(each, text))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [text(key), this.#map(each, text)]))
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
}
