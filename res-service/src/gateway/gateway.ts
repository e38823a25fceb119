import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import { AddressCounts } from "../address-counts.ts"
import { Cache } from "../client/cache.ts"
import { Fields } from "../client/decode.ts"
import { asResError } from "../client/messages.ts"
import { decodeText, Requester } from "../client/requester.ts"
import type { Conn, Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import { hasManyHosts } from "../host-names.ts"
import { type Logger, silentLogger } from "../logger.ts"
import { OpenSockets, onWebSocketUpgrade } from "../upgrade-requests.ts"
import { checkConfig, type GatewayConfig, type Settings } from "./config.ts"
import type { ConnectionHost } from "./connection.ts"
import { HttpApi } from "./http-api.ts"
import { type RequestPath, splitTarget } from "./http-path.ts"
import { sendEmpty, sendError, sendText } from "./http-response.ts"
import { Metrics, metricsServer } from "./metrics.ts"
import { ProcessMetrics } from "./process-metrics.ts"
import { Trace } from "./trace.ts"
import { responseFor } from "./upgrade.ts"
import { WebSockets } from "./web-sockets.ts"

const DEFAULT_MAX_MESSAGE_BYTES = 1024 * 1024
const DEFAULT_MAX_QUEUED_BYTES = 4 * 1024 * 1024
const DEFAULT_PING_INTERVAL_MS = 30_000
const DEFAULT_ACCESS_KEPT_MS = 60_000
const HTTP_TIMES = {
  /**
   * How long a client may take to send a request's headers, and the whole request, and how often Node checks that. A slow client
   * gets 408.
   */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  /**
   * How long an idle connection stays open: longer than proxies keep one (nginx and AWS 60 s, Traefik 90 s, Caddy 120 s). If the
   * gateway closed it first, a request already on its way would be lost.
   */
  keepAliveTimeout: 125_000,
}
/**
 * How many more connections than WebSockets an address may have. On these it learns that it has too many WebSockets (429), and
 * can still use HTTP. Connections beyond that are closed at once.
 */
const TOLD_CONNECTIONS = 100
/** How long clients have to close their sockets when the gateway stops. */
const STOP_TIMEOUT_MS = 3_000

/** Options of a gateway that Resgate has no settings for. All are optional. */
export interface GatewayOptions {
  readonly logger?: Logger
  /** Whether all traffic is logged with `logger.trace`, with tokens, headers and other secrets blanked out; false by default. */
  readonly trace?: boolean
  /** The largest message that a client may send over WebSocket or HTTP; 1 MiB by default. */
  readonly maxMessageBytes?: number
  /** How many bytes may wait for a client before it is closed as too slow; 4 MiB by default. */
  readonly maxQueuedBytes?: number
  /** The interval of pings. A client that does not answer a ping before the next one is closed. 30000 by default. */
  readonly pingIntervalMs?: number
  /**
   * How often the clients that have called a service are looked at; 1000 by default. One from which nothing has come for nine times as long,
   * not even the answer to a ping, may be cut off: services that ask do not find it connected until something comes.
   */
  readonly heartbeatMs?: number | undefined
  /**
   * How long a subscription continues after a system reset or a reconnect to NATS while no service answers whether the client may
   * still see the resource; 60000 by default, which gives services time to come back.
   */
  readonly accessKeptMs?: number
  /** As `CacheOptions.refetchPauseMs`. Resgate fetches nothing again. */
  readonly refetchPauseMs?: number
}

/**
 * A RES gateway: it gives clients access to the resources of RES services over WebSocket and HTTP. It behaves like Resgate 1.8.0
 * towards both, and reads the same configuration.
 *
 * While `conn` is not connected, new WebSockets and requests are refused with `system.serviceUnavailable`. Open WebSockets stay,
 * and the resources that they are subscribed to are fetched again after the reconnect.
 */
export class Gateway {
  readonly #settings: Settings
  readonly #log: Logger
  readonly #conn: Conn
  readonly #requester: Requester
  readonly #cache: Cache
  readonly #host: ConnectionHost
  readonly #metrics = new Metrics()
  /** Measured only if somebody may read it. */
  #processMetrics: ProcessMetrics | undefined
  readonly #subscriptions: Subscription[]
  readonly #webSockets: WebSockets
  readonly #api: HttpApi
  readonly #servers: Server[] = []
  readonly #sockets = new OpenSockets()
  #stopping = false

  /** Throws a `ConfigError`. */
  constructor(conn: Conn, config: GatewayConfig = {}, options: GatewayOptions = {}) {
    this.#settings = checkConfig(config)
    this.#log = options.logger ?? silentLogger
    const { requestTimeoutMs, resetThrottle, referenceThrottle, maxSubscriptions } = this.#settings
    const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES
    // Only if wanted: redacting a message costs more than passing it on.
    const trace = options.trace ? new Trace(this.#log) : undefined
    this.#conn = trace?.conn(conn) ?? conn
    this.#requester = new Requester(this.#conn, requestTimeoutMs)
    this.#cache = new Cache(this.#conn, this.#requester, this.#log, {
      resetThrottle,
      refetchPauseMs: options.refetchPauseMs,
    })
    this.#host = {
      conn: this.#conn,
      cache: this.#cache,
      requester: this.#requester,
      log: this.#log,
      referenceThrottle,
      maxSubscriptions,
      connections: new Map(),
      accessKeptMs: options.accessKeptMs ?? DEFAULT_ACCESS_KEPT_MS,
    }
    this.#subscriptions = [
      // One subscription for all connections: 5,000 would cost memory and time, here and in NATS.
      this.#conn.subscribe("conn.*.token", (msg) => {
        const [, cid = ""] = msg.subject.split(".")
        this.#host.connections.get(cid)?.handleToken(decodeText(msg.data))
      }),
      this.#conn.subscribe("system.tokenReset", (msg) => this.#resetTokens(decodeText(msg.data))),
    ]
    const shared = { settings: this.#settings, host: this.#host, log: this.#log }
    this.#webSockets = new WebSockets({
      ...shared,
      trace,
      metrics: this.#metrics,
      maxMessageBytes,
      maxQueuedBytes: options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
      pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      heartbeatMs: options.heartbeatMs,
    })
    this.#api = new HttpApi({
      ...shared,
      maxBodyBytes: maxMessageBytes,
      count: (method) => this.#metrics.countHttpRequest(method),
    })
  }

  /** Where the gateway listens. Throws until it has started. */
  get address(): { readonly host: string; readonly port: number } {
    const address = this.#servers[0]?.address() as AddressInfo | null | undefined
    if (!address) throw new Error("the gateway has not started")
    return { host: address.address, port: address.port }
  }

  /** How many WebSockets are open. */
  get connectionCount(): number {
    return this.#webSockets.size
  }

  /** How many requests wait for a service's answer. */
  get pendingRequestCount(): number {
    return this.#requester.pendingCount
  }

  /** How much the cache holds. */
  get cacheSize(): { readonly resources: number; readonly subscriptions: number } {
    return { resources: this.#cache.size, subscriptions: this.#cache.uses }
  }

  /** Resolves when clients can connect. Rejects if the port is taken, or a certificate cannot be read. */
  async start(): Promise<void> {
    const { addr, port, metricsPort, metricsAddr, tls } = this.#settings
    const server = tls
      ? createTlsServer({ ...HTTP_TIMES, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) })
      : createServer(HTTP_TIMES)
    server.on("request", (request, response) => this.#handleRequest(request, response))
    onWebSocketUpgrade(server, (request, socket, head) => this.#handleUpgrade(request, socket, head))
    this.#boundConnections(server)
    await this.#listen(server, port, addr)
    if (metricsPort !== 0) {
      const ofProcess = new ProcessMetrics()
      this.#processMetrics = ofProcess
      await this.#listen(
        metricsServer(() => this.#metrics.encode(this.cacheSize, this.#conn.connected, ofProcess.lines())),
        metricsPort,
        metricsAddr,
      )
    }
    const { host, port: taken } = this.address
    this.#log.info({ addr: host, port: taken }, "gateway listens")
  }

  /**
   * Closes all sockets with a code that tells clients to reconnect, and cuts connections that are still open after 3 s. The
   * connection to NATS stays open.
   */
  async close(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#log.debug({ connections: this.connectionCount }, "closing connections")
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    this.#webSockets.close()
    for (const server of this.#servers) server.closeIdleConnections()
    const timer = setTimeout(() => {
      this.#webSockets.terminate()
      this.#sockets.destroy()
    }, STOP_TIMEOUT_MS)
    await Promise.all(closed)
    clearTimeout(timer)
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#processMetrics?.stop()
    this.#cache.close()
    this.#requester.close()
  }

  #boundConnections(server: Server): void {
    const { maxConnections, maxConnectionsPerAddress, addresses } = this.#settings
    // For Node, leaving it unset means no limit.
    if (maxConnections !== Infinity) server.maxConnections = maxConnections
    const open = new AddressCounts()
    server.on("connection", (socket: Socket) => {
      const address = socket.remoteAddress ?? ""
      if (addresses.isProxy(address)) return
      if (open.of(address) >= maxConnectionsPerAddress + TOLD_CONNECTIONS) socket.destroy()
      else socket.once("close", open.add(address))
    })
  }

  #listen(server: Server, port: number, addr: string | undefined): Promise<void> {
    this.#servers.push(server)
    this.#sockets.add(server)
    return new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(port, addr, () => {
        server.off("error", reject)
        resolve()
      })
    })
  }

  #handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? ""
    if (hasManyHosts(request)) sendText(response, 400, "400 Bad Request: too many Host headers")
    else if (target === "*") {
      sendEmpty(response, request.method === "OPTIONS" ? 200 : 400, new Map())
    } else this.#handlePath(request, response, splitTarget(target))
  }

  #handlePath(request: IncomingMessage, response: ServerResponse, path: RequestPath | undefined): void {
    if (!path) sendText(response, 400, "400 Bad Request")
    else if (path.path === this.#settings.wsPath) this.#webSockets.refuse(request, response)
    else if (!path.path.startsWith(this.#settings.apiPath))
      sendError(response, new Map(), new ResError("system.notFound"))
    else if (!this.#conn.connected) sendError(response, new Map(), new ResError("system.serviceUnavailable"))
    else this.#api.handle(request, response, path)
  }

  #handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", destroyIt)
    if (hasManyHosts(request) || splitTarget(request.url ?? "")?.path !== this.#settings.wsPath) {
      this.#handleRequest(request, responseFor(request, socket))
      return
    }
    if (this.#stopping || !this.#conn.connected) {
      sendError(responseFor(request, socket), new Map(), new ResError("system.serviceUnavailable"))
      return
    }
    this.#webSockets.upgrade(request, socket, head)
  }

  /** Source: RES-Service protocol 1.2.3, "System token reset event". */
  #resetTokens(payload: string): void {
    try {
      const fields = Fields.parse(payload.trim() === "" ? "{}" : payload)
      const tokenIds = new Set(fields.strings("tids"))
      const subject = fields.string("subject")
      if (!subject) throw new Error("subject is missing")
      if (tokenIds.size === 0) return
      for (const connection of this.#host.connections.values()) connection.resetToken(tokenIds, subject)
    } catch (error) {
      this.#log.warn({ reason: asResError(error).message }, "dropped an invalid token reset")
    }
  }
}

function destroyIt(this: Duplex): void {
  this.destroy()
}

/** Makes a gateway on `conn`; call `start` to start it. Throws a `ConfigError`. */
export function createGateway(conn: Conn, config: GatewayConfig = {}, options: GatewayOptions = {}): Gateway {
  return new Gateway(conn, config, options)
}
