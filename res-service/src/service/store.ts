import { KeyedQueue } from "./queue.ts"

type Awaitable<T> = T | Promise<T>

/** One value of a store before and after a change; undefined where there is none. */
export interface StoreChange<V> {
  readonly id: string
  readonly before: V | undefined
  readonly after: V | undefined
}

/**
 * Values by ID that tell of their changes: what `storeModel` and `storeCollection` make resources of. `LiveStore` is one.
 *
 * Values are not modified, but replaced.
 */
export interface Store<V> {
  /** Undefined where there is none. */
  get(id: string): Awaitable<V | undefined>
  /**
   * Calls `listener` for every change, in the order of the changes of one ID, and not after the first `get` that gives what
   * was changed; returns a function that stops that.
   */
  onChange(listener: (change: StoreChange<V>) => void): () => void
}

/** What keeps a `LiveStore`'s values: a `Map`, or anything like it whose methods return promises. */
export interface Storage<V> {
  get(id: string): Awaitable<V | undefined>
  set(id: string, value: V): unknown
  delete(id: string): unknown
}

/**
 * A store on top of a storage, to which nobody else writes. Changes of one ID are made one after the other; a value can be
 * read as soon as it is stored and its change told, not earlier.
 *
 * @example
 * const books = new LiveStore<Book>()
 * await books.set("42", { title: "Emma", lentTo: null })
 * await books.update("42", (book) => book && { ...book, lentTo: "Ann" })
 */
export class LiveStore<V> implements Store<V> {
  readonly #storage: Storage<V>
  readonly #queue = new KeyedQueue()
  readonly #listeners = new Set<(change: StoreChange<V>) => void>()
  /** What is being replaced, by ID. */
  readonly #replaced = new Map<string, V | undefined>()

  /** @param storage default: a new `Map` */
  constructor(storage: Storage<V> = new Map<string, V>()) {
    this.#storage = storage
  }

  async get(id: string): Promise<V | undefined> {
    const value = await this.#storage.get(id)
    return this.#replaced.has(id) ? this.#replaced.get(id) : value
  }

  /**
   * Replaces a value by what `change` makes of it, undefined standing for none; the same value changes nothing. Resolves with
   * the new value. Rejects, and changes nothing, with what `change` or the storage throws.
   */
  update(id: string, change: (before: V | undefined) => Awaitable<V | undefined>): Promise<V | undefined> {
    return this.#queue.run(id, "serial", async () => {
      const before = await this.#storage.get(id)
      const after = await change(before)
      if (after === before) return after
      this.#replaced.set(id, before)
      try {
        await (after === undefined ? this.#storage.delete(id) : this.#storage.set(id, after))
      } finally {
        this.#replaced.delete(id)
      }
      for (const listener of [...this.#listeners]) listener({ id, before, after })
      return after
    })
  }

  async set(id: string, value: V): Promise<void> {
    await this.update(id, () => value)
  }

  async delete(id: string): Promise<void> {
    await this.update(id, () => undefined)
  }

  onChange(listener: (change: StoreChange<V>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
