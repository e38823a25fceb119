const FINAL_TEXT = 0x81
const MAX_SHORT_BYTES = 125
const MAX_MEDIUM_BYTES = 0xffff

/** One text message for clients. However many get it, its bytes are made once. */
export class Frame {
  readonly text: string
  #bytes: Buffer | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The message as an unmasked, uncompressed WebSocket frame. Source: RFC 6455, section 5.2. */
  get bytes(): Buffer {
    this.#bytes ??= encodeTextFrame(this.text)
    return this.#bytes
  }
}

export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = length <= MAX_SHORT_BYTES ? 2 : length <= MAX_MEDIUM_BYTES ? 4 : 10
  // Frames of a fan-out live long in slow sockets: not from the pool, of which they would keep whole slabs.
  const frame = Buffer.allocUnsafeSlow(start + length)
  frame[0] = FINAL_TEXT
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
    frame.writeUInt32BE(length % 2 ** 32, 6)
  }
  frame.write(text, start)
  return frame
}
