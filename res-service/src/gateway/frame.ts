const FINAL_TEXT = 0x81
const MAX_SHORT_BYTES = 125
const MAX_MEDIUM_BYTES = 0xffff

/**
 * One text message for clients, as an unmasked, uncompressed WebSocket frame. Its bytes are made once, however many clients get
 * it.
 *
 * Source: RFC 6455, section 5.2.
 */
export class Frame {
  readonly text: string
  #size: number | undefined
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
    this.#size ??= frameSize(Buffer.byteLength(this.text))
    return this.#size
  }

  /** Writes the frame at `at`, and returns where it ends. */
  write(target: Buffer, at: number): number {
    const end = at + this.size
    if (this.#bytes) target.set(this.#bytes, at)
    else {
      target[at] = FINAL_TEXT
      target.write(this.text, writeLength(target, at + 1, this.size))
    }
    return end
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

function frameSize(textBytes: number): number {
  return textBytes + (textBytes <= MAX_SHORT_BYTES ? 2 : textBytes <= MAX_MEDIUM_BYTES ? 4 : 10)
}

/** Returns where the text begins. */
function writeLength(target: Buffer, at: number, size: number): number {
  if (size <= MAX_SHORT_BYTES + 2) {
    target[at] = size - 2
    return at + 1
  }
  if (size <= MAX_MEDIUM_BYTES + 4) {
    target[at] = 126
    return target.writeUInt16BE(size - 4, at + 1)
  }
  target[at] = 127
  return target.writeUIntBE(size - 10, target.writeUInt16BE(0, at + 1), 6)
}
