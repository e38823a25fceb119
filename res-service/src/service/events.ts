import type { Conn } from "../conn.ts"
import type { DeleteAction, Value } from "../values.ts"

const RESERVED = new Set([
  "add",
  "change",
  "create",
  "delete",
  "patch",
  "query",
  "reset",
  "reaccess",
  "remove",
  "unsubscribe",
])
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

/** Tells how a model changed. */
export interface ModelChanges<T> {
  /**
   * The properties that changed; `deleteAction` removes one, undefined ones count as absent. Nothing is sent when there are
   * none.
   */
  change(values: { readonly [K in keyof T]?: T[K] | DeleteAction | undefined }): void
}

/** Tells how a collection changed. */
export interface CollectionChanges<V> {
  /** `value` was put at `index`, from 0 to the length before. Throws a `RangeError` for what is no index. */
  add(value: V, index: number): void
  /** The value at `index`, from 0 to the length before less one, was taken out. Throws a `RangeError` likewise. */
  remove(index: number): void
}

/**
 * Says what a query event means for the resource of one query, given its validated params: returns its content as it is
 * now, or tells `changes` and returns undefined. Telling and returning nothing means that nothing changed. A `ResError`
 * that it throws is the answer: `system.notFound` ends the subscription.
 */
export type QueryAnswer<Q, C, T> = (params: Q, changes: C) => T | undefined | Promise<T | undefined>

/** Events of a model with the content `T`. */
export interface ModelEvents<T> extends ResourceEvents, ModelChanges<T> {}

/** Events of a collection of the values `V`. */
export interface CollectionEvents<V> extends ResourceEvents, CollectionChanges<V> {}

/** The event of a resource with queries, whose params are `Q`; it tells of changes as `C`, its content is `T`. */
export interface QueryEvent<Q, C, T> {
  /**
   * Tells that what the queries read was changed. Gateways ask for each query that they know of, within
   * `ServiceOptions.queryEventMs`; `answer` says what is new. Default: the content, by the resource's query handler; such
   * events are sent once for all changes until the first gateway asks.
   *
   * Throws a `TypeError` for a resource without queries.
   *
   * Source: RES-Service protocol 1.2.3, "Query event", "Query request".
   */
  query(answer?: QueryAnswer<Q, C, T>): void
}

/** Turns changes into events: their names and payloads. */
abstract class Changes implements ModelChanges<Record<string, Value>>, CollectionChanges<Value> {
  change(values: Record<string, Value | DeleteAction | undefined>): void {
    if (Object.values(values).some((value) => value !== undefined)) this.send("change", { values })
  }

  add(value: Value, idx: number): void {
    this.send("add", { value, idx: checkedIndex(idx) })
  }

  remove(idx: number): void {
    this.send("remove", { idx: checkedIndex(idx) })
  }

  protected abstract send(event: string, data?: unknown): void
}

/** Collects changes, as they stand in the answer to a query request. */
export class ChangeList extends Changes {
  readonly events: { readonly event: string; readonly data: unknown }[] = []

  protected override send(event: string, data: unknown): void {
    this.events.push({ event, data })
  }
}

/**
 * Sends the events of one resource name, at once and in the order of the calls.
 *
 * Source: RES-Service protocol 1.2.3, "Resource events".
 */
export class EventSender extends Changes {
  readonly name: string
  /** Sends a query event. */
  readonly query: (answer?: QueryAnswer<unknown, ChangeList, unknown>) => void
  readonly #conn: Conn

  constructor(conn: Conn, name: string, query: (answer?: QueryAnswer<unknown, ChangeList, unknown>) => void) {
    super()
    this.#conn = conn
    this.name = name
    this.query = query
  }

  event(name: string, payload?: unknown): void {
    if (RESERVED.has(name) || !EVENT_NAME.test(name)) throw new TypeError(`"${name}" cannot name an event of your own`)
    this.send(name, payload)
  }

  create(): void {
    this.send("create")
  }

  delete(): void {
    this.send("delete")
  }

  reaccess(): void {
    this.send("reaccess")
  }

  reset(): void {
    this.#conn.publish("system.reset", JSON.stringify({ resources: [this.name] }))
  }

  protected override send(event: string, payload?: unknown): void {
    this.#conn.publish(`event.${this.name}.${event}`, payload === undefined ? "" : JSON.stringify(payload))
  }
}

function checkedIndex(index: number): number {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`${index} is no index in a collection`)
  return index
}
