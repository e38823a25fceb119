import { setTimeout as sleep } from "node:timers/promises"
import type { ChangeStream, Collection } from "mongodb"
import type { IncomingDocument } from "./incoming-document.ts"

/** How often it is looked without having been told, in ms: the only way with a MongoDB that is no replica set. */
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
    this.#follow()
  }

  /** Resolves when it is worth to look again. Rejects with the signal's reason. */
  async next(): Promise<void> {
    this.#follow()
    const happened = new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#happened) resolve()
    })
    await Promise.race([happened, sleep(POLL_INTERVAL_MS, undefined, { signal: this.#signal })])
    this.#happened = false
  }

  close(): void {
    const stream = this.#stream
    this.#stream = undefined
    stream?.close().catch(() => {})
  }

  #follow(): void {
    if (this.#stream !== undefined) return
    const stream = this.#collection.watch([{ $match: { operationType: "insert" } }])
    this.#stream = stream
    stream.on("change", () => {
      this.#happened = true
      this.#wake()
    })
    // Opened again at the next look, if there are change streams at all; looking does not depend on them.
    stream.on("error", () => this.close())
  }
}
