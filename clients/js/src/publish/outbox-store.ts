/** What an outbox remembers beside its events. */
export interface OutboxState {
  /** The `Producer-Id`, a UUID. */
  readonly producer: string
  readonly epoch: number
  /** The `Producer-Seq` of the request that was begun, or else of the next one. */
  readonly seq: number
  /** How many of the oldest events that request holds; 0: none was begun. */
  readonly begun: number
}

/** An event in a store, as JSON text. Keys grow in the order in which events were added. */
export interface StoredEvent {
  readonly key: number
  readonly json: string
}

/** One step of a store. */
export interface OutboxChange<T> {
  readonly result: T
  /** The new state; left out: as before. */
  readonly state?: OutboxState
  /** Removes the events up to this key. */
  readonly removeThrough?: number
}

/** Where an outbox keeps its events and its state. */
export interface OutboxStore {
  /** Names the store among all pages of this origin that share it; undefined: nobody else uses it. */
  readonly sharedAs: string | undefined
  /** Whether events survive the end of the page or program. */
  readonly isDurable: boolean
  /** Adds events at the end, all or none, and resolves with their keys. Rejects with `OutboxFullError`, or if the store is broken. */
  add(events: readonly string[]): Promise<readonly number[]>
  /**
   * Makes one step, completely or not at all. Atomic, even when several pages do it at once.
   *
   * @param most how many of the oldest events `decide` is given
   * @param decide must not wait for anything
   */
  change<T>(most: number, decide: (state: OutboxState, oldest: readonly StoredEvent[]) => OutboxChange<T>): Promise<T>
  count(): Promise<number>
  close(): Promise<void>
}

/** The store has no room: the disk or the browser's quota is full, or the limit is reached. Nothing was added. */
export class OutboxFullError extends Error {
  override readonly name = "OutboxFullError"
}

/** A producer that the edge does not know yet. */
export function newProducer(): OutboxState {
  return { producer: randomUuid(), epoch: 0, seq: 1, begun: 0 }
}

/** A UUID version 4. `crypto.randomUUID` is missing on pages without TLS. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const digits = [...bytes].map((byte, i) => {
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte
    return marked.toString(16).padStart(2, "0")
  })
  return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
