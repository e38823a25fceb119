import type { Conn } from "../conn.ts"
import { EVENT_NUMBER, type EventNumbers } from "../event-number.ts"
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
  /** The name of the resource. */
  readonly name: string
  /**
   * Sends a custom event with any JSON as its payload. It does not change the resource. Throws a `TypeError` for a reserved name.
   */
  event(name: string, payload?: unknown): void
  /** Announces that the resource was created. */
  create(): void
  /** Announces that the resource was deleted: subscriptions to it end. */
  delete(): void
  /** Makes gateways ask again whether their clients may access the resource. */
  reaccess(): void
  /** Makes gateways fetch the resource again. Use it only if you do not know what they have. */
  reset(): void
}

/** Announces changes of a model. */
export interface ModelChanges<T> {
  /**
   * Announces new values of properties. `deleteAction` removes a property, undefined values are ignored. Without any, nothing is
   * sent.
   */
  change(values: { readonly [K in keyof T]?: T[K] | DeleteAction | undefined }): void
}

/** Announces changes of a collection. */
export interface CollectionChanges<V> {
  /**
   * Announces that `value` was inserted at `index`, which is between 0 and the old length. Throws a `RangeError` for an invalid
   * index.
   */
  add(value: V, index: number): void
  /**
   * Announces that the value at `index` was removed; `index` is less than the old length. Throws a `RangeError` for an invalid
   * index.
   */
  remove(index: number): void
}

/**
 * Answers what a query event means for one query, given the query's validated params. It returns the new content, or announces
 * the changes with `changes` and returns undefined. If it does neither, nothing changed. A `ResError` that it throws is the
 * answer; `system.notFound` ends the subscription.
 */
export type QueryAnswer<Q, C, T> = (params: Q, changes: C) => T | undefined | Promise<T | undefined>

/** Events of a model with the content `T`. */
export interface ModelEvents<T> extends ResourceEvents, ModelChanges<T> {}

/** Events of a collection with values of type `V`. */
export interface CollectionEvents<V> extends ResourceEvents, CollectionChanges<V> {}

/** The query event of a query resource with the params `Q`, the content `T` and changes of type `C`. */
export interface QueryEvent<Q, C, T> {
  /**
   * Announces that the data behind the queries changed. Gateways then ask about each query that they know, for
   * `ServiceOptions.queryEventMs`, and `answer` tells what changed. Default: the content, from the resource's query handler. Then
   * only one event is sent for all changes until the first gateway asks.
   *
   * Throws a `TypeError` if the resource is not a query resource.
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

/** Collects changes for the answer to a query request. */
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
  readonly #numbers: EventNumbers

  constructor(
    conn: Conn,
    name: string,
    numbers: EventNumbers,
    query: (answer?: QueryAnswer<unknown, ChangeList, unknown>) => void,
  ) {
    super()
    this.#conn = conn
    this.#numbers = numbers
    this.name = name
    this.query = query
  }

  event(name: string, payload?: unknown): void {
    if (RESERVED.has(name) || !EVENT_NAME.test(name))
      throw new TypeError(`"${name}" cannot be the name of a custom event`)
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
    const data = payload === undefined ? "" : JSON.stringify(payload)
    this.#conn.publish(`event.${this.name}.${event}`, data, undefined, {
      [EVENT_NUMBER]: this.#numbers.next(this.name),
    })
  }
}

function checkedIndex(index: number): number {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`${index} is not an index of a collection`)
  return index
}
