import type { Conn } from "../conn.ts"
import type { DeleteAction, Value } from "../values.ts"

const RESERVED = new Set(["add", "change", "create", "delete", "patch", "reset", "reaccess", "remove", "unsubscribe"])
const EVENT_NAME = /^[A-Za-z0-9_-]+$/

/** Events of any resource. */
export interface ResourceEvents {
  /** The name that the events are sent for. */
  readonly name: string
  /** Sends an event of your own. It carries any JSON and changes nothing. Throws a `TypeError` for a reserved name. */
  event(name: string, payload?: unknown): void
  /** Tells that the resource was created. */
  create(): void
  /** Tells that the resource was deleted: subscriptions end. */
  delete(): void
  /** Makes gateways ask again who may access the resource. */
  reaccess(): void
  /** Makes gateways fetch the resource again: only when you no longer know what they have. */
  reset(): void
}

export interface ModelEvents<T> extends ResourceEvents {
  /** Sends the properties that changed; `deleteAction` removes one. Nothing is sent when there are none. */
  change(values: { readonly [K in keyof T]?: T[K] | DeleteAction }): void
}

export interface CollectionEvents<V> extends ResourceEvents {
  /** Sends that `value` was put at `index`, from 0 to the length before. */
  add(value: V, index: number): void
  /** Sends that the value at `index`, from 0 to the length before less one, was taken out. */
  remove(index: number): void
}

/**
 * Sends the events of one resource name, at once and in the order of the calls.
 *
 * Source: RES-Service protocol 1.2.3, "Resource events".
 */
export class EventSender implements ModelEvents<Record<string, Value>>, CollectionEvents<Value> {
  readonly name: string
  readonly #conn: Conn

  constructor(conn: Conn, name: string) {
    this.#conn = conn
    this.name = name
  }

  change(values: Record<string, Value | DeleteAction | undefined>): void {
    if (Object.keys(values).length > 0) this.#send("change", { values })
  }

  add(value: Value, idx: number): void {
    this.#send("add", { value, idx: checkedIndex(idx) })
  }

  remove(idx: number): void {
    this.#send("remove", { idx: checkedIndex(idx) })
  }

  event(name: string, payload?: unknown): void {
    if (RESERVED.has(name) || !EVENT_NAME.test(name)) throw new TypeError(`"${name}" cannot name an event of your own`)
    this.#send(name, payload)
  }

  create(): void {
    this.#send("create")
  }

  delete(): void {
    this.#send("delete")
  }

  reaccess(): void {
    this.#send("reaccess")
  }

  reset(): void {
    this.#conn.publish("system.reset", JSON.stringify({ resources: [this.name] }))
  }

  #send(event: string, payload?: unknown): void {
    this.#conn.publish(`event.${this.name}.${event}`, payload === undefined ? "" : JSON.stringify(payload))
  }
}

function checkedIndex(index: number): number {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`${index} is no index in a collection`)
  return index
}
