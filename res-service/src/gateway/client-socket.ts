import type { Duplex } from "node:stream"
import type { WebSocket } from "ws"
import type { Beating, Heartbeat } from "../heartbeat.ts"
import { type CloseReason, closeCodes } from "./close-codes.ts"
import type { Frame } from "./frame.ts"
import { Outbox } from "./outbox.ts"

/** How long a client has to answer a close frame before the connection is cut. */
const CLOSE_TIMEOUT_MS = 3_000

export interface ClientSocketOptions {
  readonly compress: boolean
  readonly maxQueuedBytes: number
  readonly onMessage: (text: string) => void
  /** Called once. */
  readonly onClose: (reason: CloseReason | undefined) => void
}

/** One client's WebSocket. */
export class ClientSocket {
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  readonly #compress: boolean
  readonly #outbox: Outbox
  /** Set by every message and pong, cleared by `ping`. */
  #alive = true
  #reads = true
  #reason: CloseReason | undefined

  constructor(webSocket: WebSocket, stream: Duplex, options: ClientSocketOptions) {
    this.#webSocket = webSocket
    this.#stream = stream
    this.#compress = options.compress
    this.#outbox = new Outbox(stream, options.maxQueuedBytes, () => this.close("slowReader"))
    webSocket.on("message", (data: Buffer) => {
      this.#alive = true
      options.onMessage(data.toString())
    })
    webSocket.on("pong", () => {
      this.#alive = true
    })
    // The socket closes after any error. After a broken frame, the close code says what was wrong.
    webSocket.on("error", () => {})
    webSocket.on("close", () => {
      this.#outbox.clear()
      options.onClose(this.#reason)
    })
  }

  send(frame: Frame): void {
    if (this.#reason !== undefined) return
    if (this.#compress) this.#webSocket.send(frame.text)
    else this.#outbox.add(frame)
  }

  /** Stops or resumes reading. A client that is read again counts as alive: its pongs to earlier pings have not been read yet. */
  setReading(reads: boolean): void {
    this.#reads = reads
    if (reads) this.#alive = true
    if (reads) this.#webSocket.resume()
    else this.#webSocket.pause()
  }

  /**
   * Sends a ping, or closes the socket if nothing came since the last one. A client from which the gateway does not read is not
   * closed.
   */
  ping(): void {
    if (!this.#alive && this.#reads) {
      this.close("noPong")
      return
    }
    this.#alive = false
    this.#sendPing()
  }

  /** From now on, finds out early whether the client is cut off. It stays open. */
  watch(heartbeat: Heartbeat, { onQuiet, onHeard }: Pick<Beating, "onQuiet" | "onHeard">): void {
    heartbeat.add(this.#webSocket, this.#stream, { onQuiet, onHeard, ping: () => this.#sendPing() })
  }

  #sendPing(): void {
    this.#outbox.flush()
    this.#webSocket.ping()
  }

  close(reason: CloseReason): void {
    if (this.#reason !== undefined) return
    if (reason !== "slowReader") this.#outbox.flush()
    this.#reason = reason
    this.#outbox.clear()
    const { code, reason: text } = closeCodes[reason]
    this.#webSocket.close(code, text)
    // A client that did not answer pings will not answer this either.
    setTimeout(() => this.#stream.destroy(), reason === "noPong" ? 0 : CLOSE_TIMEOUT_MS).unref()
  }

  terminate(): void {
    this.#stream.destroy()
  }
}
