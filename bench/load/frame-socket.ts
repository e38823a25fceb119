import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"

const HEADER_END = "\r\n\r\n"
const TEXT = 0x81
const PING = 0x89
const PONG = 0x8a
/** Read into by all sockets, one after the other: a read then costs no memory of its own. */
const READ_BUFFER = Buffer.allocUnsafeSlow(1024 * 1024)
const NOTHING = Buffer.alloc(0)

/** Called with each payload, which is valid until the call returns; possibly before `open` has resolved. */
type OnFrame = (payload: Buffer, socket: FrameSocket) => void

/**
 * A WebSocket client that does as little as possible with what it receives, so that a benchmark measures the server:
 * it finds the frames, and hands over their payloads, unread.
 */
export class FrameSocket {
  readonly #socket: Socket
  readonly #onFrame: OnFrame
  #onCount: ((frames: number) => void) | undefined
  /** The beginning of a frame whose end has not come yet. */
  #rest = NOTHING
  /** What follows it, and how many bytes all are when the frame is complete: a large one is put together only once. */
  #more: Buffer[] = []
  #moreBytes = 0
  #needed = 0
  /** Bytes still to come of a frame that is only counted. */
  #toSkip = 0
  #receivedBytes = 0
  #onUpgrade: (() => void) | undefined

  private constructor(hostname: string, port: number, onFrame: OnFrame) {
    this.#onFrame = onFrame
    const callback = (bytes: number): boolean => {
      this.#receive(READ_BUFFER.subarray(0, bytes))
      return true
    }
    this.#socket = connect({ port, host: hostname, noDelay: true, onread: { buffer: READ_BUFFER, callback } })
  }

  /** Resolves when the connection is a WebSocket. */
  static open(url: string, onFrame: OnFrame): Promise<FrameSocket> {
    const { hostname, port, pathname, search } = new URL(url)
    return new Promise((resolve, reject) => {
      const own = new FrameSocket(hostname, Number(port), onFrame)
      own.#onUpgrade = () => resolve(own)
      own.#socket.on("error", reject)
      own.#socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
      )
    })
  }

  /** All bytes that came in so far. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** From now on the frames that come in are only counted, and not kept. */
  count(onCount: (frames: number) => void): void {
    this.#onCount = onCount
  }

  /** Sends a text of at most 65,535 bytes. */
  send(text: string): void {
    this.#write(TEXT, Buffer.from(text))
  }

  close(): void {
    this.#socket.destroy()
  }

  #write(type: number, payload: Buffer): void {
    const long = payload.length > 125
    const header = Buffer.alloc(long ? 8 : 6)
    header[0] = type
    header[1] = 0x80 | (long ? 126 : payload.length)
    if (long) header.writeUInt16BE(payload.length, 2)
    this.#socket.write(Buffer.concat([header, payload])) // masked with zeros
  }

  #receive(received: Buffer): void {
    this.#receivedBytes += received.length
    const skipped = Math.min(this.#toSkip, received.length)
    this.#toSkip -= skipped
    const chunk = received.subarray(skipped)
    if (chunk.length === 0) return
    if (this.#rest.length + this.#moreBytes + chunk.length < this.#needed) {
      this.#more.push(Buffer.from(chunk))
      this.#moreBytes += chunk.length
      return
    }
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, ...this.#more, chunk])
    this.#rest = NOTHING
    this.#more = []
    this.#moreBytes = 0
    this.#needed = 0
    if (this.#onUpgrade) {
      const end = bytes.indexOf(HEADER_END)
      if (end === -1) {
        this.#rest = Buffer.from(bytes)
        return
      }
      if (!bytes.subarray(0, end).toString().startsWith("HTTP/1.1 101")) throw new Error(bytes.toString())
      bytes = bytes.subarray(end + HEADER_END.length)
      this.#onUpgrade()
      this.#onUpgrade = undefined
    }
    const at = this.#takeFrames(bytes)
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at))
  }

  /** Returns where the first frame begins that is not complete. */
  #takeFrames(bytes: Buffer): number {
    let at = 0
    let counted = 0
    while (at + 2 <= bytes.length) {
      const short = (bytes[at + 1] ?? 0) & 0x7f
      const start = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
      if (start > bytes.length) break
      const end =
        start + (short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6))
      if (end > bytes.length && this.#onCount) {
        this.#toSkip = end - bytes.length
        this.#onCount(counted + 1)
        return bytes.length
      }
      if (end > bytes.length) {
        this.#needed = end - at
        break
      }
      if (bytes[at] === PING) this.#write(PONG, bytes.subarray(start, end))
      else if (this.#onCount) counted++
      else this.#onFrame(bytes.subarray(start, end), this)
      at = end
    }
    if (counted > 0) this.#onCount?.(counted)
    return at
  }
}
