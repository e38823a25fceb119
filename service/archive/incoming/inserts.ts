import type { Collection } from "mongodb"
import { ChangeReader } from "../change-reader.ts"
import type { IncomingDocument } from "./incoming-document.ts"

/** How often the archiver looks for new documents without having been told, in ms: the only way without a replica set. */
const POLL_INTERVAL_MS = 2000

/** Tells that documents may have been inserted into a collection: at once by its change stream, and every 2 s without one. */
export class Inserts {
  readonly #collection: Collection<IncomingDocument>
  readonly #timeoutMs: number
  readonly #signal: AbortSignal
  #reader: ChangeReader | undefined
  #happened = false
  #wake = (): void => {}

  constructor(
    collection: Collection<IncomingDocument>,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ) {
    this.#collection = collection
    this.#timeoutMs = timeoutMs
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
    void this.#reader?.close()
    this.#reader = undefined
  }

  #follow(): void {
    if (this.#reader !== undefined) return
    const reader = new ChangeReader(
      this.#collection,
      [{ $match: { operationType: "insert" } }, { $project: { _id: 1 } }],
      { timeoutMs: this.#timeoutMs, signal: this.#signal },
    )
    this.#reader = reader
    this.#read(reader).catch(() => {
      // `next` opens it again, if there are change streams at all. Without one, `next` resolves every 2 s.
      if (this.#reader === reader) this.close()
    })
  }

  async #read(reader: ChangeReader): Promise<never> {
    for (;;) {
      if ((await reader.next()) === null) continue
      this.#happened = true
      this.#wake()
    }
  }
}
