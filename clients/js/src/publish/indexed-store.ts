import {
  newProducer,
  type OutboxChange,
  OutboxFullError,
  type OutboxState,
  type OutboxStore,
  type StoredEvent,
} from "./outbox-store.ts"

const EVENTS = "events"
const STATE = "state"
/** The key of the only state. */
const STATE_KEY = 1

/** Keeps events in IndexedDB. All pages of the origin that use the same name share one outbox. */
export class IndexedStore implements OutboxStore {
  readonly sharedAs: string
  readonly isDurable = true
  #db: Promise<IDBDatabase> | undefined
  #isClosed = false

  private constructor(name: string) {
    this.sharedAs = name
  }

  /** Rejects if this page may not store anything. */
  static async open(name: string): Promise<IndexedStore> {
    const store = new IndexedStore(name)
    await store.#open()
    return store
  }

  add(events: readonly string[]): Promise<readonly number[]> {
    return this.#transaction(async (transaction) => {
      const keys = events.map((json) => answerOf(transaction.objectStore(EVENTS).add(json)))
      return (await Promise.all(keys)) as number[]
    })
  }

  change<T>(most: number, decide: (state: OutboxState, oldest: readonly StoredEvent[]) => OutboxChange<T>): Promise<T> {
    return this.#transaction(async (transaction) => {
      const [events, states] = [transaction.objectStore(EVENTS), transaction.objectStore(STATE)]
      const [state, keys, texts] = await Promise.all([
        answerOf<OutboxState | undefined>(states.get(STATE_KEY)),
        most === 0 ? [] : answerOf(events.getAllKeys(null, most)),
        most === 0 ? [] : answerOf<string[]>(events.getAll(null, most)),
      ])
      const oldest = texts.map((json, i) => ({ key: Number(keys[i]), json }))
      const change = decide(state ?? newProducer(), oldest)
      if (change.state !== undefined) states.put(change.state, STATE_KEY)
      if (change.removeThrough !== undefined) events.delete(IDBKeyRange.upperBound(change.removeThrough))
      return change.result
    })
  }

  count(): Promise<number> {
    return this.#transaction((transaction) => answerOf(transaction.objectStore(EVENTS).count()))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const db = await this.#db
    this.#db = undefined
    db?.close()
  }

  /** Makes a transaction that is on the disk when the result is known. Rejects, and changes nothing, if a part of it fails. */
  async #transaction<T>(task: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    const db = await this.#open()
    const transaction = db.transaction([EVENTS, STATE], "readwrite", { durability: "strict" })
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(readable(transaction.error))
    })
    try {
      const [result] = await Promise.all([task(transaction), done])
      return result
    } catch (error) {
      // The abort's reason says more than that of the request.
      await done
      throw readable(error)
    }
  }

  async #open(): Promise<IDBDatabase> {
    if (this.#isClosed) throw new Error("the outbox is closed")
    this.#db ??= this.#openNow().catch((error: unknown) => {
      this.#db = undefined
      throw error
    })
    return await this.#db
  }

  async #openNow(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.sharedAs, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(EVENTS, { autoIncrement: true })
      request.result.createObjectStore(STATE)
    }
    const db = await answerOf(request)
    // Safari closes databases of pages in the background; others, when the user deletes the site's data.
    db.onclose = () => {
      this.#db = undefined
    }
    db.onversionchange = () => {
      db.close()
      this.#db = undefined
    }
    return db
  }
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function readable(error: unknown): unknown {
  const isFull = error instanceof DOMException && error.name === "QuotaExceededError"
  return isFull ? new OutboxFullError("the browser's storage for this site is full", { cause: error }) : error
}
