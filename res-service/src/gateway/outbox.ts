import type { Writable } from "node:stream"
import type { Frame } from "./frame.ts"

/** Outboxes with something to send at the end of this turn of the event loop. */
let due: Outbox[] = []
/** What was last put together, as in a fan-out all outboxes hold the same frames. */
let lastJoined: { readonly frames: readonly Frame[]; readonly bytes: Buffer } | undefined

/**
 * Collects what goes to one socket and writes it at once at the end of the turn of the event loop: a write costs more
 * than all else about a small message.
 */
export class Outbox {
  readonly #stream: Writable
  readonly #maxQueuedBytes: number
  readonly #onSlow: () => void
  #frames: Frame[] | undefined

  /**
   * `onSlow`: called instead of writing when what was written before is still queued, with more than `maxQueuedBytes`.
   */
  constructor(stream: Writable, maxQueuedBytes: number, onSlow: () => void) {
    this.#stream = stream
    this.#maxQueuedBytes = maxQueuedBytes
    this.#onSlow = onSlow
  }

  add(frame: Frame): void {
    if (this.#frames) {
      this.#frames.push(frame)
      return
    }
    this.#frames = [frame]
    if (due.length === 0) setImmediate(flushDue)
    due.push(this)
  }

  /** Writes what there is now. */
  flush(): void {
    const frames = this.#frames
    this.#frames = undefined
    if (!frames || this.#stream.destroyed || this.#stream.writableEnded) return
    if (this.#stream.writableLength > this.#maxQueuedBytes) this.#onSlow()
    else this.#stream.write(joined(frames))
  }

  /** Forgets what is not written yet. */
  clear(): void {
    this.#frames = undefined
  }
}

function flushDue(): void {
  const outboxes = due
  due = []
  for (const outbox of outboxes) outbox.flush()
  lastJoined = undefined
}

function joined(frames: readonly Frame[]): Buffer {
  const [first] = frames
  if (frames.length === 1 && first) return first.bytes
  if (lastJoined && same(lastJoined.frames, frames)) return lastJoined.bytes
  const bytes = Buffer.concat(frames.map((frame) => frame.bytes))
  lastJoined = { frames, bytes }
  return bytes
}

function same(a: readonly Frame[], b: readonly Frame[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
