import type { Collection } from "mongodb"
import { ChangeReader } from "../change-reader.ts"
import type { Mongo } from "../mongo.ts"
import type { IncomingDocument } from "./incoming-document.ts"

/** How often the archiver looks for new documents by itself, in ms. Without a replica set there is no other way. */
const POLL_INTERVAL_MS = 2000

/** Waits for inserts into a collection: its change stream reports them at once; without one, it wakes every 2 s. */
export class Inserts {
  readonly #mongo: Pick<Mongo, "run">
  readonly #collection: Collection<IncomingDocument>
  readonly #timeoutMs: number
  readonly #signal: AbortSignal
  #reader: ChangeReader | undefined
  #happened = false
  #wake = (): void => {}

  constructor(
    mongo: Pick<Mongo, "run">,
    collection: Collection<IncomingDocument>,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ) {
    this.#mongo = mongo
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
    this.#mongo
      .run(() => this.#read(reader))
      .catch(() => {
        // `next` tries to open it again. Without a change stream, `next` resolves every 2 s.
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
