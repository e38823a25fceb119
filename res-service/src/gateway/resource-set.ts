import type { Content } from "../client/content.ts"
import { encodeError } from "../client/decode.ts"
import { quote } from "../client/raw-json.ts"
import type { ResError } from "../errors.ts"

/** What a client has of a resource, as a set that brings it needs it. */
interface Sendable {
  /** The client has the resource now. */
  markSent(): void
  /** Sends the events that were held back until then. */
  sendHeldEvents(): void
}

/**
 * The resources that a client gets with an answer or event.
 *
 * Source: RES-Client protocol 1.2.3, "Resource set".
 */
export class ResourceSet {
  readonly #legacy: boolean
  readonly #parts = { models: new Map<string, string>(), collections: new Map<string, string>() }
  readonly #errors = new Map<string, string>()
  readonly #sent: Sendable[] = []

  /** `legacy`: for a client whose protocol version has neither soft references nor data values. */
  constructor(legacy: boolean) {
    this.#legacy = legacy
  }

  /** `content`: undefined if the client gets none. */
  add(rid: string, content: Content | undefined, copy: Sendable): void {
    this.#sent.push(copy)
    if (content === undefined) return
    const kind = content.type === "model" ? this.#parts.models : this.#parts.collections
    kind.set(rid, content.encode(this.#legacy))
  }

  addError(rid: string, error: ResError): void {
    this.#errors.set(rid, encodeError(error))
  }

  /** Call it when the set has been sent. Sends the events that were held back, those of what a resource refers to first. */
  release(): void {
    const sent = this.#sent.splice(0)
    for (const copy of sent) copy.markSent()
    for (const copy of sent.reverse()) copy.sendHeldEvents()
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
