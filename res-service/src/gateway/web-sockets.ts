import type { IncomingMessage, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { WebSocket } from "ws"
import { AddressCounts } from "../address-counts.ts"
import { Heartbeat } from "../heartbeat.ts"
import type { Logger } from "../logger.ts"
import { Backlog } from "./backlog.ts"
import { handleMessage } from "./client-requests.ts"
import { ClientSocket } from "./client-socket.ts"
import type { Settings } from "./config.ts"
import { Connection, type ConnectionHost } from "./connection.ts"
import { encodeHttpParts } from "./http-parts.ts"
import type { HeaderMap } from "./meta.ts"
import type { Metrics } from "./metrics.ts"
import { defaultVersion } from "./protocol-version.ts"
import type { Trace } from "./trace.ts"
import { refuseUpgrade, responseFor, Upgrades } from "./upgrade.ts"

export interface WebSocketsOptions {
  readonly settings: Settings
  readonly host: ConnectionHost
  readonly log: Logger
  readonly trace: Trace | undefined
  readonly metrics: Metrics
  readonly maxMessageBytes: number
  readonly maxQueuedBytes: number
  readonly pingIntervalMs: number
  readonly heartbeatMs: number | undefined
}

/** The clients that are connected with a WebSocket, from the upgrade on. */
export class WebSockets {
  readonly #options: WebSocketsOptions
  readonly #upgrades: Upgrades
  readonly #sockets = new Set<ClientSocket>()
  readonly #openOfAddress = new AddressCounts()
  readonly #pings: NodeJS.Timeout
  /** Of the clients that have called a service. */
  readonly #heartbeat: Heartbeat

  constructor(options: WebSocketsOptions) {
    this.#options = options
    this.#upgrades = new Upgrades(options.settings, options.maxMessageBytes)
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping()
    }, options.pingIntervalMs)
    this.#pings.unref()
    this.#heartbeat = new Heartbeat({ tickMs: options.heartbeatMs })
  }

  get size(): number {
    return this.#sockets.size
  }

  /** Handles a request for a WebSocket. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { addresses, maxConnectionsPerAddress } = this.#options.settings
    const address = addresses.of(request)
    if (this.#openOfAddress.of(address) >= maxConnectionsPerAddress) {
      refuseUpgrade(responseFor(request, stream), 429)
      return
    }
    // Counted now, not after the upgrade, as many upgrades may begin at the same time.
    stream.once("close", this.#openOfAddress.add(address))
    const response = (): ServerResponse => responseFor(request, stream)
    this.#authenticate(request, response, (client, headers) => {
      const refusal = this.#upgrades.refusal(request)
      if (refusal === undefined) this.#accept(client, request, stream, head, headers)
      else {
        this.#options.log.debug({ status: refusal, remoteAddress: request.socket.remoteAddress }, "refused an upgrade")
        refuseUpgrade(response(), refusal)
        client.connection.dispose()
      }
    })
  }

  /** Refuses a request to the WebSockets' path that does not ask for an upgrade. */
  refuse(request: IncomingMessage, response: ServerResponse): void {
    this.#authenticate(
      request,
      () => response,
      ({ connection }) => {
        refuseUpgrade(response, this.#upgrades.refusal(request) ?? 400)
        connection.dispose()
      },
    )
  }

  /** Closes all WebSockets with a code that tells clients to reconnect. */
  close(): void {
    clearInterval(this.#pings)
    this.#heartbeat.stop()
    for (const socket of this.#sockets) socket.close("stopping")
  }

  /** Cuts the connections that are still open. */
  terminate(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  #authenticate(
    request: IncomingMessage,
    response: () => ServerResponse,
    proceed: (client: Client, headers: HeaderMap) => void,
  ): void {
    const { host, log, trace } = this.#options
    const client = makeClient(host, request, trace)
    const warn = (status: number): void => log.warn({ status }, "a service asked for a status that it may not set")
    this.#upgrades.authenticate(client.connection, request, response, warn, (headers) => proceed(client, headers))
  }

  #accept(client: Client, request: IncomingMessage, stream: Duplex, head: Buffer, headers: HeaderMap): void {
    const { connection } = client
    if (stream.destroyed) {
      connection.dispose()
      return
    }
    connection.version = defaultVersion
    connection.services.isHttp = false
    this.#upgrades.complete(request, stream, head, headers, (webSocket) => this.#open(client, webSocket, stream))
    if (!client.socket) connection.dispose()
  }

  #open(client: Client, webSocket: WebSocket, stream: Duplex): void {
    const { log, trace, metrics, maxQueuedBytes } = this.#options
    const { connection } = client
    const backlog = new Backlog({
      isFull: () => connection.services.isBusy,
      handle: (text) => {
        trace?.fromClient(connection.cid, text)
        connection.run(() => handleMessage(connection, text, (kind) => metrics.countWsRequest(kind)))
      },
      setReading: (reads) => socket.setReading(reads),
    })
    connection.services.onAnswer = () => backlog.work()
    const socket = new ClientSocket(webSocket, stream, {
      compress: webSocket.extensions !== "",
      maxQueuedBytes,
      onMessage: (text) => backlog.add(text),
      onClose: (reason) => {
        trace?.disconnected(connection.cid)
        this.#sockets.delete(socket)
        metrics.connections--
        if (reason) {
          metrics.countClosed(reason)
          log.info({ cid: connection.cid, reason }, "closed a connection")
        }
        connection.dispose()
      },
    })
    connection.services.onCall = () =>
      socket.watch(this.#heartbeat, {
        onQuiet: () => connection.services.hideSignOfLife(),
        onHeard: () => connection.services.showSignOfLife(),
      })
    client.socket = socket
    trace?.connected(connection.cid)
    this.#sockets.add(socket)
    metrics.connections++
    metrics.connectionsTotal++
  }
}

/** A connection and, once upgraded, its socket. */
interface Client {
  readonly connection: Connection
  socket: ClientSocket | undefined
}

// A function of its own: a closure in the caller would keep the request in memory as long as the socket.
function makeClient(host: ConnectionHost, request: IncomingMessage, trace: Trace | undefined): Client {
  const client: Client = {
    socket: undefined,
    connection: new Connection(host, encodeHttpParts(request), (frame) => {
      trace?.toClient(client.connection.cid, frame.text)
      client.socket?.send(frame)
    }),
  }
  return client
}
