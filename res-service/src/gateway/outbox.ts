import type { Writable } from "node:stream"
import { encodeFrames, type Frame } from "./frame.ts"

/** The longest that frames are held back for others to join them. */
const MAX_HOLD_MS = 100

/** Outboxes with something to send. */
let due: Outbox[] = []
/** Whether a frame was added since the last look at what is due. */
let grown = false
/** Until then frames wait for more, as long as there are more. */
let holdUntilMs = 0
/** What was last put together, as in a fan-out all outboxes hold the same frames. */
let lastJoined: { readonly frames: readonly Frame[]; readonly bytes: Buffer } | undefined

/**
 * Collects what goes to one socket and writes it at once at the end of the turn of the event loop: a write costs more
 * than all else about a small message.
 *
 * When frames come in turn after turn, writing takes at most half of the time: after it, frames are held back for as long
 * as it took, so that the more there is to do, the more goes out in one write. A turn that brings nothing ends that.
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
    grown = true
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
  const startMs = performance.now()
  if (grown && startMs < holdUntilMs) {
    grown = false
    setImmediate(flushDue)
    return
  }
  const outboxes = due
  due = []
  for (const outbox of outboxes) outbox.flush()
  lastJoined = undefined
  const endMs = performance.now()
  holdUntilMs = endMs + Math.min(endMs - startMs, MAX_HOLD_MS)
}

function joined(frames: readonly Frame[]): Buffer {
  const [first] = frames
  if (frames.length === 1 && first) return first.bytes
  if (lastJoined && same(lastJoined.frames, frames)) return lastJoined.bytes
  const bytes = encodeFrames(frames)
  lastJoined = { frames, bytes }
  return bytes
}

function same(a: readonly Frame[], b: readonly Frame[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
