import {
  newProducer,
  type OutboxChange,
  OutboxFullError,
  type OutboxState,
  type OutboxStore,
  type StoredEvent,
} from "./outbox-store.ts"

/** Most waiting events. */
const MOST_EVENTS = 10_000

/** Keeps events in memory: they are lost with the page or program. The fallback where there is no other store. */
export class MemoryStore implements OutboxStore {
  readonly sharedAs = undefined
  readonly isDurable = false
  #state = newProducer()
  #events: StoredEvent[] = []
  #lastKey = 0

  async add(events: readonly string[]): Promise<readonly number[]> {
    if (this.#events.length + events.length > MOST_EVENTS) throw new OutboxFullError("too many events wait in memory")
    const added = events.map((json) => ({ key: ++this.#lastKey, json }))
    this.#events.push(...added)
    return added.map(({ key }) => key)
  }

  async change<T>(
    most: number,
    decide: (state: OutboxState, oldest: readonly StoredEvent[]) => OutboxChange<T>,
  ): Promise<T> {
    const { result, state, removeThrough = 0 } = decide(this.#state, this.#events.slice(0, most))
    if (state !== undefined) this.#state = state
    this.#events = this.#events.filter(({ key }) => key > removeThrough)
    return result
  }

  async count(): Promise<number> {
    return this.#events.length
  }

  async close(): Promise<void> {}
}
