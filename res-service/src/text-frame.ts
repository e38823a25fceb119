/** A final text frame, not masked. */
const FINAL_TEXT = 0x81
const MAX_SHORT_BYTES = 125
const MAX_MEDIUM_BYTES = 0xffff

/**
 * One text message to a WebSocket client, as an uncompressed frame that may be written to any number of connections.
 *
 * Source: RFC 6455, section 5.2.
 *
 * @param parts the text in UTF-8; they are joined
 */
export function textFrame(...parts: readonly Uint8Array[]): Buffer {
  const textBytes = parts.reduce((sum, part) => sum + part.length, 0)
  // Not from the buffer pool: a slow client would keep a whole slab of it alive.
  const frame = Buffer.allocUnsafeSlow(textFrameSize(textBytes))
  let at = writeFrameStart(frame, 0, textBytes)
  for (const part of parts) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

/** The size of a frame with a text of this size, in bytes. */
export function textFrameSize(textBytes: number): number {
  return textBytes + (textBytes <= MAX_SHORT_BYTES ? 2 : textBytes <= MAX_MEDIUM_BYTES ? 4 : 10)
}

/** Writes what comes before the text of a frame. Returns where the text begins. */
export function writeFrameStart(target: Buffer, at: number, textBytes: number): number {
  target[at] = FINAL_TEXT
  if (textBytes <= MAX_SHORT_BYTES) {
    target[at + 1] = textBytes
    return at + 2
  }
  if (textBytes <= MAX_MEDIUM_BYTES) {
    target[at + 1] = 126
    return target.writeUInt16BE(textBytes, at + 2)
  }
  target[at + 1] = 127
  return target.writeUIntBE(textBytes, target.writeUInt16BE(0, at + 2), 6)
}
