import { textFrameSize, writeFrameStart } from "../text-frame.ts"

/** One text message for clients, as a WebSocket frame. Its bytes are made once, however many clients get it. */
export class Frame {
  readonly text: string
  #textBytes: number | undefined
  #bytes: Buffer | undefined

  constructor(text: string) {
    this.text = text
  }

  get bytes(): Buffer {
    this.#bytes ??= encodeFrames([this])
    return this.#bytes
  }

  /** The size of the frame, in bytes. */
  get size(): number {
    return textFrameSize(this.#sizeOfText())
  }

  /** Writes the frame at `at`, and returns where it ends. */
  write(target: Buffer, at: number): number {
    const end = at + this.size
    if (this.#bytes) target.set(this.#bytes, at)
    else target.write(this.text, writeFrameStart(target, at, this.#sizeOfText()))
    return end
  }

  #sizeOfText(): number {
    this.#textBytes ??= Buffer.byteLength(this.text)
    return this.#textBytes
  }
}

/** Joins frames. */
export function encodeFrames(frames: readonly Frame[]): Buffer {
  let size = 0
  for (const frame of frames) size += frame.size
  // Not from the buffer pool: slow sockets keep frames of a fan-out for long, and each would keep a whole slab of the pool alive.
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const frame of frames) at = frame.write(bytes, at)
  return bytes
}
