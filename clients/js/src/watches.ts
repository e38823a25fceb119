import type { AnyContract, Contract, PartsOf, QueryOf, ValueOf, Whole } from "res-service/contract"
import type { Connection } from "./connection.ts"
import { isResError, type ResCollection, type ResModel } from "./resclient.ts"
import { isModel, Watch } from "./watch.ts"

// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
export type ModelContract = Contract<any, "model", any>
// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
export type CollectionContract = Contract<any, "collection", any>

/** The values of a collection, with references resolved. */
export type ValuesOf<C extends CollectionContract> =
  Whole<C> extends readonly (infer V)[] ? readonly NonNullable<V>[] : never

/** What is watched of a resource: a model's members, or a collection's values. */
export type WatchedOf<C extends AnyContract> = C extends CollectionContract ? ValuesOf<C> : ValueOf<C>

/** A watch that nobody uses is kept for this time, in ms, so that whoever comes back sees the last state at once. */
const KEPT_MS = 30_000

/** The watches of a connection: everyone who watches a resource shares one. */
export class Watches {
  readonly #connection: Connection
  readonly #watches = new Map<string, Watch<unknown>>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * The watch of a resource, or with a query of one of its queries. Data values are unwrapped; a collection of references holds the members
   * of the referenced models.
   */
  of<C extends AnyContract>(contract: C, parts: PartsOf<C>, query?: QueryOf<C>): Watch<WatchedOf<C>> {
    const rid: string = contract.rid(parts, query)
    const known = this.#watches.get(rid)
    if (known !== undefined) return known as Watch<WatchedOf<C>>
    for (const [other, { unusedMs }] of this.#watches) if (unusedMs > KEPT_MS) this.#watches.delete(other)
    const read = (contract.kind === "model" ? readModel : readCollection) as Read<unknown> as Read<WatchedOf<C>>
    const watch = new Watch(this.#connection, rid, read)
    this.#watches.set(rid, watch as Watch<unknown>)
    return watch
  }

  /** The watch of a resource, if there is one. */
  known<C extends AnyContract>(contract: C, parts: PartsOf<C>): Watch<WatchedOf<C>> | undefined {
    return this.#watches.get(contract.name(parts)) as Watch<WatchedOf<C>> | undefined
  }

  /** Forgets what was seen: another user may not see it. */
  clear(): void {
    this.#watches.clear()
  }
}

/** Reads plain values of a resource, given its earlier ones. The service guarantees that they match the contract. */
type Read<T> = (resource: ResModel | ResCollection, previous: T | undefined) => T

function readModel(model: ResModel, previous: object | undefined): object {
  const { props } = model
  if (previous !== undefined && sameMembers(props, previous)) return previous
  return { ...props }
}

/** Models that can't be loaded are left out; the watch requests them again. */
function readCollection(collection: ResCollection): readonly unknown[] {
  const known = collection.list.filter((value: unknown) => !isResError(value))
  return known.map((value: unknown) => (isModel(value) ? propsOf(value) : value))
}

/** The last copy of each model's members, so that an unchanged model gives the same object again. */
const copies = new WeakMap<ResModel, object>()

function propsOf(model: ResModel): object {
  const copy = readModel(model, copies.get(model))
  copies.set(model, copy)
  return copy
}

function sameMembers(a: object, b: object): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Reflect.get(a, key) === Reflect.get(b, key))
}
