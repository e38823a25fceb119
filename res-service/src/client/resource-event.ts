import type { Content, Values } from "./content.ts"
import { compact } from "./raw-json.ts"
import type { WireValue } from "./wire-value.ts"

/** What an event changes. */
export type EventDetail =
  /** `changed`: only values that really differ; `old`: all values before the event. */
  | { readonly type: "change"; readonly changed: Values; readonly old: Values }
  | { readonly type: "add"; readonly idx: number; readonly value: WireValue }
  | { readonly type: "remove"; readonly idx: number; readonly value: WireValue }
  | { readonly type: "delete" }
  | { readonly type: "reaccess" }
  | { readonly type: "custom" }

/** One event of a cached resource. All subscribers get the same object. */
export class ResourceEvent {
  readonly name: string
  readonly detail: EventDetail
  /** The version of the resource before the event. A subscriber with a later version already has this event in its content. */
  readonly version: number
  /** The resource after the event. */
  readonly after: Content | undefined
  /** For subscribers that encode the event: the encoded form, so that others can use it too. */
  encoded: object | undefined
  readonly #payload: string | undefined
  #data: string | undefined
  #refers: boolean | undefined

  constructor(
    name: string,
    detail: EventDetail,
    state: { readonly version: number; readonly after: Content | undefined },
    payload: string | undefined,
  ) {
    this.name = name
    this.detail = detail
    this.version = state.version
    this.after = state.after
    this.#payload = payload
  }

  /** The payload as JSON text; `null` if there is none. */
  get data(): string {
    this.#data ??= this.#payload === undefined ? "null" : compact(this.#payload)
    return this.#data
  }

  /** True when the event adds or removes references. */
  get refers(): boolean {
    this.#refers ??= refers(this.detail)
    return this.#refers
  }

  /** True when the event makes a new version of the resource. */
  get updates(): boolean {
    return this.detail.type === "change" || this.detail.type === "add" || this.detail.type === "remove"
  }
}

function refers(detail: EventDetail): boolean {
  switch (detail.type) {
    case "add":
    case "remove":
      return detail.value.type === "reference"
    case "change":
      for (const [name, value] of detail.changed)
        if (value.type === "reference" || detail.old.get(name)?.type === "reference") return true
      return false
    case "delete":
      return true
    default:
      return false
  }
}
