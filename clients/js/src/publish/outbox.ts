import { newProducer, type OutboxState, type OutboxStore, type StoredEvent } from "./outbox-store.ts"

/** Most events of one request, and most bytes of its body. Proxies often refuse more than 1 MiB; the edge takes 768 KiB. */
const MOST_EVENTS = 200
const MOST_BYTES = 256 * 1024

/** One request: the same events under the same sequence, however often it is sent. */
export interface OutboxRequest {
  readonly producer: string
  readonly epoch: number
  readonly seq: number
  readonly events: readonly StoredEvent[]
}

/**
 * Events that wait to be sent, in their order, and the requests that they are sent in. A request is stored before it is first sent, so
 * that after a crash, or by another page, exactly the same one is sent again: the edge then knows that it is a repetition.
 */
export class Outbox {
  readonly #store: OutboxStore

  constructor(store: OutboxStore) {
    this.#store = store
  }

  /** The request to send now; undefined if no event waits. */
  next(): Promise<OutboxRequest | undefined> {
    return this.#store.change<OutboxRequest | undefined>(MOST_EVENTS, (state, oldest) => {
      const { producer, epoch, seq } = state
      const begun = Math.min(state.begun, oldest.length) || fitting(oldest)
      if (begun === 0) return { result: undefined }
      return { result: { producer, epoch, seq, events: oldest.slice(0, begun) }, state: { ...state, begun } }
    })
  }

  /** The request is stored in the log: removes its events. */
  finish(request: OutboxRequest): Promise<void> {
    return this.#step(request, (state) => ({ ...state, seq: state.seq + 1, begun: 0 }), true)
  }

  /** The request was refused, so its sequence is free: the first half of it is tried next. */
  divide(request: OutboxRequest): Promise<void> {
    return this.#step(request, (state) => ({ ...state, begun: Math.ceil(request.events.length / 2) }), false)
  }

  /** The request was refused: removes its events. Its sequence is free for the next ones. */
  drop(request: OutboxRequest): Promise<void> {
    return this.#step(request, (state) => ({ ...state, begun: 0 }), true)
  }

  /** Another sender uses this producer's ID: sends the waiting events as a new producer. */
  renew(request: OutboxRequest): Promise<void> {
    return this.#step(request, newProducer, false)
  }

  /** Does nothing if another page has done a step for this request. */
  #step(request: OutboxRequest, next: (state: OutboxState) => OutboxState, isDone: boolean): Promise<void> {
    const last = request.events.at(-1)?.key ?? 0
    return this.#store.change<void>(0, (state) => {
      const { producer, epoch, seq, begun } = state
      const isSame = producer === request.producer && epoch === request.epoch && seq === request.seq
      if (!isSame || begun !== request.events.length) return { result: undefined }
      return { result: undefined, state: next(state), ...(isDone && { removeThrough: last }) }
    })
  }
}

/** How many of the oldest events fit into a request: at least one, if there is any. */
function fitting(oldest: readonly StoredEvent[]): number {
  let bytes = 0
  const encoder = new TextEncoder()
  const over = oldest.findIndex(({ json }) => {
    bytes += encoder.encode(json).length + 1
    return bytes > MOST_BYTES
  })
  return over < 0 ? oldest.length : Math.max(1, over)
}
