import type { ChangeStream, Collection } from "mongodb"
import type { IncomingDocument } from "./incoming-document.ts"

/** How often the archiver looks for new documents without having been told, in ms: the only way without a replica set. */
const POLL_INTERVAL_MS = 2000

/** Tells that documents may have been inserted into a collection: at once by its change stream, and every 2 s without one. */
export class Inserts {
  readonly #collection: Collection<IncomingDocument>
  readonly #signal: AbortSignal
  #stream: ChangeStream | undefined
  #happened = false
  #wake = (): void => {}

  constructor(collection: Collection<IncomingDocument>, signal: AbortSignal) {
    this.#collection = collection
    this.#signal = signal
    signal.addEventListener("abort", () => this.#wake(), { once: true })
    this.#follow()
  }

  /** Resolves when there may be new documents. Rejects with the signal's reason. */
  async next(): Promise<void> {
    this.#follow()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#wake(), POLL_INTERVAL_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#happened || this.#signal.aborted) this.#wake()
    })
    this.#signal.throwIfAborted()
    this.#happened = false
  }

  close(): void {
    const stream = this.#stream
    this.#stream = undefined
    stream?.close().catch(() => {})
  }

  #follow(): void {
    if (this.#stream !== undefined) return
    const stream = this.#collection.watch([{ $match: { operationType: "insert" } }, { $project: { _id: 1 } }])
    this.#stream = stream
    stream.on("change", () => {
      this.#happened = true
      this.#wake()
    })
    // `next` opens it again, if there are change streams at all. Without one, `next` resolves every 2 s.
    stream.on("error", () => this.close())
  }
}
