import { request } from "node:http"
import WebSocket from "ws"
import type { Inbox } from "./inbox.ts"
import type { ConnectOptions, HttpRequest } from "./vector-case.ts"

const CUT_AFTER_MS = 20

/** A client on a WebSocket. */
export class SocketParty {
  readonly #inbox: Inbox
  readonly #party: string
  #socket: WebSocket | undefined
  #handshake: ((text: string) => void) | undefined
  #closing = false

  constructor(inbox: Inbox, label: string) {
    this.#inbox = inbox
    this.#party = `client:${label}`
  }

  /** Resolves with true when the socket is open. The answer goes to the inbox if the case wants to see it, or is an error. */
  connect(url: string, options: ConnectOptions): Promise<boolean> {
    const socket = new WebSocket(url, {
      headers: { ...options.headers },
      perMessageDeflate: options.compression === true,
    })
    this.#socket = socket
    return new Promise((resolve) => {
      let opened = false
      socket.on("upgrade", ({ statusCode = 0, headers }) => {
        if (options.manual) this.#inbox.put(this.#party, { kind: "upgrade", status: statusCode, headers, text: "" })
      })
      socket.on("unexpected-response", (_request, response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk
        })
        response.on("end", () => {
          const { statusCode = 0, headers } = response
          this.#inbox.put(this.#party, { kind: "upgrade", status: statusCode, headers, text })
          resolve(false)
        })
      })
      socket.on("open", () => {
        opened = true
        resolve(true)
      })
      socket.on("error", (error) => {
        if (this.#closing) return
        this.#inbox.put(this.#party, { kind: "failed", text: String(error) })
        resolve(false)
      })
      socket.on("message", (data: Buffer, binary) => this.#receive(data.toString(), binary))
      socket.on("close", () => {
        if (opened && !this.#closing) this.#inbox.put(this.#party, { kind: "closed", text: "" })
      })
    })
  }

  /** Agrees on the protocol version; the answer does not go to the inbox. */
  async negotiate(protocol: string): Promise<void> {
    const answer = new Promise<string>((resolve) => {
      this.#handshake = resolve
    })
    this.send(JSON.stringify({ id: 0, method: "version", params: { protocol } }), false)
    const text = await answer
    if (!text.includes('"result"')) throw new Error(`version request answered with ${text}`)
  }

  send(text: string, binary: boolean): void {
    this.#socket?.send(text, { binary })
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#closing = true
    if (!socket || socket.readyState === WebSocket.CLOSED) return
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve())
      // A gateway may leave it to the client to close the TCP connection.
      setTimeout(() => socket.terminate(), CUT_AFTER_MS)
      socket.close()
    })
  }

  #receive(text: string, binary: boolean): void {
    const handshake = this.#handshake
    this.#handshake = undefined
    if (handshake) handshake(text)
    else this.#inbox.put(this.#party, { kind: "message", text, binary })
  }
}

/** Sends one HTTP request; its answer goes to the inbox. */
export function sendHttp(inbox: Inbox, label: string, gateway: string, spec: HttpRequest): void {
  const party = `http:${label}`
  const body = spec.rawBody ?? (spec.body === undefined ? undefined : JSON.stringify(spec.body))
  const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }
  const { hostname, port } = new URL(gateway)
  const headers = { ...spec.headers, ...length }
  const outgoing = request(
    { hostname, port, method: spec.method, path: spec.path, headers, agent: false },
    (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      response.on("end", () => {
        inbox.put(party, { kind: "response", status: response.statusCode ?? 0, headers: response.headers, text })
      })
    },
  )
  outgoing.on("error", (error) => inbox.put(party, { kind: "failed", text: String(error) }))
  outgoing.end(body)
}
