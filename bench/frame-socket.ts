import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"

const HEADER_END = "\r\n\r\n"

/** Called with each payload; possibly before `open` has resolved. */
type OnFrame = (payload: Buffer, socket: FrameSocket) => void

/**
 * A WebSocket client that does as little as possible with what it receives, so that a benchmark measures the server:
 * it finds the frames, and hands over their payloads, unread.
 */
export class FrameSocket {
  readonly #socket: Socket
  readonly #onFrame: OnFrame
  #rest: Buffer = Buffer.alloc(0)
  #upgraded = false

  private constructor(socket: Socket, onFrame: OnFrame) {
    this.#socket = socket
    this.#onFrame = onFrame
  }

  /** Resolves when the connection is a WebSocket. */
  static open(url: string, onFrame: OnFrame): Promise<FrameSocket> {
    const { hostname, port, pathname, search } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      socket.setNoDelay(true)
      const own = new FrameSocket(socket, onFrame)
      socket.on("data", (chunk: Buffer) => own.#receive(chunk, () => resolve(own)))
      socket.on("error", reject)
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
      )
    })
  }

  /** Sends a text of at most 65,535 bytes. */
  send(text: string): void {
    const payload = Buffer.from(text)
    const long = payload.length > 125
    const header = Buffer.alloc(long ? 8 : 6)
    header[0] = 0x81
    header[1] = 0x80 | (long ? 126 : payload.length)
    if (long) header.writeUInt16BE(payload.length, 2)
    this.#socket.write(Buffer.concat([header, payload])) // masked with zeros
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer, onUpgrade: () => void): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (!this.#upgraded) {
      const end = this.#rest.indexOf(HEADER_END)
      if (end === -1) return
      if (!this.#rest.subarray(0, end).toString().startsWith("HTTP/1.1 101"))
        throw new Error(this.#rest.subarray(0, end).toString())
      this.#upgraded = true
      this.#rest = this.#rest.subarray(end + HEADER_END.length)
      onUpgrade()
    }
    let at = 0
    for (;;) {
      const start = at + 2
      const short = (this.#rest[at + 1] ?? 0) & 0x7f
      const extended = short === 126 ? 2 : short === 127 ? 8 : 0
      if (this.#rest.length < start + extended) break
      const length =
        short === 126
          ? this.#rest.readUInt16BE(start)
          : short === 127
            ? Number(this.#rest.readBigUInt64BE(start))
            : short
      const end = start + extended + length
      if (this.#rest.length < end) break
      this.#onFrame(this.#rest.subarray(start + extended, end), this)
      at = end
    }
    this.#rest = this.#rest.subarray(at)
  }
}
