import type { Content } from "../client/content.ts"
import { encodeError } from "../client/decode.ts"
import { quote } from "../client/raw-json.ts"
import type { ResError } from "../errors.ts"

/**
 * The resources that a client gets with an answer or event.
 *
 * Source: RES-Client protocol 1.2.3, "Resource set".
 */
export class ResourceSet {
  readonly #legacy: boolean
  readonly #parts = { models: new Map<string, string>(), collections: new Map<string, string>() }
  readonly #errors = new Map<string, string>()

  /** `legacy`: for a client whose protocol version has neither soft references nor data values. */
  constructor(legacy: boolean) {
    this.#legacy = legacy
  }

  add(rid: string, content: Content): void {
    const kind = content.type === "model" ? this.#parts.models : this.#parts.collections
    kind.set(rid, content.encode(this.#legacy))
  }

  addError(rid: string, error: ResError): void {
    this.#errors.set(rid, encodeError(error))
  }

  /** The members of the set as JSON text, without braces; empty if the set is empty. */
  encodeMembers(): string {
    return [
      ["models", this.#parts.models] as const,
      ["collections", this.#parts.collections] as const,
      ["errors", this.#errors] as const,
    ]
      .filter(([, members]) => members.size > 0)
      .map(([name, members]) => `"${name}":${encodeObject(members)}`)
      .join(",")
  }

  encode(): string {
    return `{${this.encodeMembers()}}`
  }
}

function encodeObject(members: ReadonlyMap<string, string>): string {
  const names = [...members.keys()].sort()
  return `{${names.map((name) => `${quote(name)}:${members.get(name)}`).join(",")}}`
}
