import type { PlainError } from "./plain-error.ts"

/** What one page tells the others of the same outbox. */
export type TabMessage =
  /** A page has opened the outbox. */
  | { readonly kind: "joined" }
  /** Events were added. */
  | { readonly kind: "added" }
  /** A pause between attempts can end. */
  | { readonly kind: "retry" }
  /** Why the last attempt of the page that sends failed. Told after each failure, when it begins to send, and when a page joins. */
  | { readonly kind: "problem"; readonly error: PlainError | undefined }
  /** What is known of the shopper in the shared session that the last event names. Told as `problem` is. */
  | { readonly kind: "sharedSession"; readonly status: string | undefined }
  /** An event is stored in the log, under this sequence. */
  | { readonly kind: "stored"; readonly key: number; readonly seq: number }
  /** An event was refused, and leaves the outbox. */
  | { readonly kind: "refused"; readonly key: number; readonly error: PlainError }

/**
 * The pages that share an outbox. One of them sends, as long as it is open; without Web Locks (pages without TLS) each does, which costs
 * requests but stores nothing twice, since all send the same request under the same sequence.
 */
export class Tabs {
  readonly #name: string | undefined
  #channel: BroadcastChannel | undefined

  /** @param name of the outbox; undefined: no other page uses it */
  constructor(name: string | undefined, onMessage: (message: TabMessage) => void) {
    this.#name = name
    if (name === undefined || typeof BroadcastChannel === "undefined") return
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => onMessage(data)
  }

  /** Does nothing after `close`. */
  tell(message: TabMessage): void {
    this.#channel?.postMessage(message)
  }

  /** Runs the task when no other page runs its own. */
  async alone(signal: AbortSignal, task: () => Promise<void>): Promise<void> {
    if (this.#name === undefined || typeof navigator === "undefined" || navigator.locks === undefined) {
      await task()
      return
    }
    // It rejects if `signal` ends the wait, or if this page may not use locks.
    await navigator.locks.request(this.#name, { signal }, task).catch(() => (signal.aborted ? undefined : task()))
  }

  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }
}
