import { KeyedQueue } from "./queue.ts"

type Awaitable<T> = T | Promise<T>

/** A value of a store before and after a change; undefined if there was or is none. */
export interface StoreChange<V> {
  readonly id: string
  readonly before: V | undefined
  readonly after: V | undefined
}

/**
 * Values by ID, with a listener for their changes. `storeModel` and `storeCollection` make resources of it; `LiveStore`
 * implements it.
 *
 * Values are replaced, never modified.
 */
export interface Store<V> {
  /** Undefined if there is none. */
  get(id: string): Awaitable<V | undefined>
  /**
   * Calls `listener` for every change, until the returned function is called. Changes of one ID come in order, and each comes
   * before any `get` returns the new value.
   */
  onChange(listener: (change: StoreChange<V>) => void): () => void
}

/** Keeps the values of a `LiveStore`: a `Map`, or something like it whose methods may return promises. */
export interface Storage<V> {
  get(id: string): Awaitable<V | undefined>
  set(id: string, value: V): unknown
  delete(id: string): unknown
}

/**
 * A store on top of a storage to which nothing else writes. Changes of one ID are made one after the other. A new value can be
 * read when it is stored and the listeners know of it, not earlier.
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
  /** The old values that are being replaced, by ID. */
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
   * Replaces a value with what `change` returns: undefined deletes it, the same value changes nothing. Resolves with the new
   * value. Rejects with the error of `change` or the storage, and then changes nothing.
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
