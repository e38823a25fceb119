import { type IncomingMessage, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { type WebSocket, WebSocketServer } from "ws"
import type { ResponseMeta } from "../client/messages.ts"
import { closeAnswered } from "../upgrade-requests.ts"
import type { Settings } from "./config.ts"
import type { Connection } from "./connection.ts"
import { ridToPath } from "./http-path.ts"
import { sendStatus, sendText } from "./http-response.ts"
import { finalStatus, type HeaderMap, mergeHeader } from "./meta.ts"

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  429: "Too many WebSockets from one address",
}

/** Turns HTTP requests into WebSockets. Source: RFC 6455, section 4.2. */
export class Upgrades {
  readonly #settings: Settings
  readonly #server: WebSocketServer

  constructor(settings: Settings, maxMessageBytes: number) {
    this.#settings = settings
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      // One message of each client per turn of the event loop, so that a client that sends thousands at once does not delay the
      // others.
      allowSynchronousEvents: false,
      handleProtocols: () => false,
      // Contexts kept between messages would take some 300 KB per connection.
      perMessageDeflate: settings.wsCompression && { serverNoContextTakeover: true, clientNoContextTakeover: true },
    })
  }

  /** The status of the refusal; undefined if the request may become a WebSocket. */
  refusal(request: IncomingMessage): number | undefined {
    const { headers } = request
    const wants = (value: string | undefined, token: string): boolean =>
      (value ?? "").split(",").some((part) => part.trim().toLowerCase() === token)
    if (!wants(headers.connection, "upgrade") || !wants(headers.upgrade, "websocket")) return 400
    if (request.method !== "GET") return 405
    if (headers["sec-websocket-version"] !== "13") return 400
    if (!this.#settings.origins.allows(headers.origin)) return 403
    if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) return 400
    return undefined
  }

  /**
   * Sends the auth request, if one is configured, and then calls `proceed`. If the service asks for a status that ends the
   * request, it sends that answer instead. `onError` gets a status that services may not set.
   */
  authenticate(
    connection: Connection,
    request: IncomingMessage,
    response: () => ServerResponse,
    onError: (status: number) => void,
    proceed: (headers: HeaderMap) => void,
  ): void {
    const auth = this.#settings.wsHeaderAuth
    if (!auth || !this.#settings.origins.allows(request.headers.origin)) {
      proceed(new Map())
      return
    }
    connection.services.auth(auth.rid, auth.method, undefined, (answer) => {
      const status = finalStatus(answer.meta)
      if (status !== undefined) {
        const href = answer.rid === undefined ? undefined : ridToPath(answer.rid, this.#settings.apiPath)
        const error = "error" in answer ? answer.error : undefined
        sendStatus(response(), status, new Map(), answer.meta?.header, { href, error })
        connection.dispose()
        return
      }
      if (answer.meta?.status !== undefined) onError(answer.meta.status)
      proceed(headersOf(answer.meta))
    })
  }

  complete(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: HeaderMap,
    upgraded: (webSocket: WebSocket) => void,
  ): void {
    const lines = [...headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`))
    const add = (all: string[]): void => {
      all.push(...lines.filter((line) => !/[\r\n]/.test(line)))
    }
    // The event is emitted before `handleUpgrade` returns.
    this.#server.once("headers", add)
    this.#server.handleUpgrade(request, socket, head, upgraded)
    this.#server.off("headers", add)
  }
}

export function refuseUpgrade(response: ServerResponse, status: number): void {
  response.setHeader("Sec-WebSocket-Version", "13")
  response.setHeader("X-Content-Type-Options", "nosniff")
  sendText(response, status, `${STATUS_TEXTS[status] ?? ""}\n`)
}

/** A response for a request whose socket was handed over for an upgrade. */
export function responseFor(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0])
  response.shouldKeepAlive = false
  response.once("finish", () => closeAnswered(socket))
  return response
}

function headersOf(meta: ResponseMeta | undefined): HeaderMap {
  const headers: HeaderMap = new Map()
  mergeHeader(headers, meta?.header)
  return headers
}
