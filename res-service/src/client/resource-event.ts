import type { Content, Values } from "./content.ts"
import { compact } from "./raw-json.ts"
import type { WireValue } from "./wire-value.ts"

/** What an event does to the resource. */
export type EventDetail =
  /** `changed`: only what really differs; `old`: all values from before. */
  | { readonly type: "change"; readonly changed: Values; readonly old: Values }
  | { readonly type: "add"; readonly idx: number; readonly value: WireValue }
  | { readonly type: "remove"; readonly idx: number; readonly value: WireValue }
  | { readonly type: "delete" }
  | { readonly type: "reaccess" }
  | { readonly type: "custom" }

/** One event of a cached resource, the same object for all subscribers. */
export class ResourceEvent {
  readonly name: string
  readonly detail: EventDetail
  /** Of the resource before the event. A subscriber that has a later one has seen this event in the content. */
  readonly version: number
  /** The resource after the event. */
  readonly after: Content | undefined
  /** For whoever passes the event on: what it has made of it, to be used for the other subscribers too. */
  passedOn: object | undefined
  readonly #payload: string | undefined
  #data: string | undefined

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

  /** The payload as JSON text; `null` when there was none. */
  get data(): string {
    this.#data ??= this.#payload === undefined ? "null" : compact(this.#payload)
    return this.#data
  }

  /** True when the event makes a new version of the resource. */
  get updates(): boolean {
    return this.detail.type === "change" || this.detail.type === "add" || this.detail.type === "remove"
  }
}
