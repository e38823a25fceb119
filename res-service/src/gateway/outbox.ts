import type { Writable } from "node:stream"
import { encodeFrames, type Frame } from "./frame.ts"

/** How long frames are held back at most, so that others can join them. */
const MAX_HOLD_MS = 100

/** Outboxes with frames to send. */
let due: Outbox[] = []
/** Whether a frame was added since `flushDue` last ran. */
let grown = false
/** Until this time, frames wait for more frames, as long as more come. */
let holdUntilMs = 0
/** The frames that were joined last: in a fan-out, all outboxes hold the same ones. */
let lastJoined: { readonly frames: readonly Frame[]; readonly bytes: Buffer } | undefined

/**
 * Collects frames for one socket, and writes them together at the end of the current turn of the event loop, since writing is the
 * most expensive part of a small message.
 *
 * When frames come in every turn, writing takes at most half of the time: afterwards, frames are held back for as long as writing
 * took. So the busier the gateway is, the more frames go out in one write. A turn without new frames ends the wait.
 */
export class Outbox {
  readonly #stream: Writable
  readonly #maxQueuedBytes: number
  readonly #onSlow: () => void
  #frames: Frame[] | undefined

  /** `onSlow`: called instead of writing while more than `maxQueuedBytes` of earlier writes are still queued. */
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

  /** Writes all frames now. */
  flush(): void {
    const frames = this.#frames
    this.#frames = undefined
    if (!frames || this.#stream.destroyed || this.#stream.writableEnded) return
    if (this.#stream.writableLength > this.#maxQueuedBytes) this.#onSlow()
    else this.#stream.write(joined(frames))
  }

  /** Drops frames that are not written yet. */
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
