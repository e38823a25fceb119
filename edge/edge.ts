import { setMaxListeners } from "node:events"
import { createServer, type RequestListener, type Server } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import express from "express"
import { type ClientAddresses, type Conn, clientAddresses, type Logger, OpenSockets } from "res-service"
import { Client } from "res-service/client"
import type { AuthCookie } from "../config/auth.ts"
import { withoutSessionIds } from "../config/logged-sessions.ts"
import type { OwnPages } from "../config/own-pages.ts"
import { boundConnections, boundedServer, type ConnectionLimits } from "./connection-limits.ts"
import { Checks } from "./http/checks.ts"
import { preflights } from "./http/cross-origin.ts"
import { documentRoutes } from "./http/documents.ts"
import { exportRoutes } from "./http/export.ts"
import type { RequestTracing } from "./http/follow.ts"
import { healthRoutes } from "./http/health.ts"
import { begin, checked } from "./http/in-express.ts"
import { leanPublish } from "./http/lean-publish.ts"
import { type PlaceLimits, Places } from "./http/places.ts"
import { notFound, problems } from "./http/problem.ts"
import { publisher, publishRoutes } from "./http/publish.ts"
import { type RateLimitOptions, RateLimits } from "./http/rate-limits.ts"
import { sessionRoutes } from "./http/sessions.ts"
import { shopperRoutes } from "./http/shoppers.ts"
import { streamRoutes } from "./http/stream.ts"
import { type WebOptions, webRoutes } from "./http/web.ts"
import { LegacyServer } from "./legacy/legacy-server.ts"
import { ShopStreams, type StreamOptions } from "./stream/shop-streams.ts"

/** Who may come in, and how often. All are optional: no CORS, no proxies, no limit. */
export interface Doors {
  /** Origins whose pages may use the edge; `*` means all. */
  readonly origins?: readonly string[]
  /** The admitted pages with `AUTH=none`; undefined admits all, since tokens decide. */
  readonly pages?: OwnPages | undefined
  /** Addresses and networks of reverse proxies. */
  readonly trustedProxies?: readonly string[]
  readonly rates?: RateLimitOptions
  readonly connections?: ConnectionLimits
  /** How many streams and exports may be open at a time. */
  readonly streams?: PlaceLimits
  readonly exports?: PlaceLimits
}

export interface EdgeOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Time for the service to answer, in ms. */
  readonly serviceTimeoutMs: number
  readonly legacy: {
    /** A further port for the old protocol alone. */
    readonly port: number | undefined
    /** The only accepted subprotocol; undefined accepts the client's first offer. */
    readonly protocol: string | undefined
    readonly maxSocketsPerAddress: number
    /** Most new sockets of one address per minute; 0 or undefined: no limit. */
    readonly newSocketsPerMinute?: number
    /** As `HeartbeatOptions.tickMs`. */
    readonly heartbeatMs?: number | undefined
  }
  readonly web: WebOptions
  readonly stream?: StreamOptions
  /** As `ExportRoutes.stallMs`. */
  readonly exportStallMs?: number
  /** The cookie in which a browser that cannot set headers may send its token. */
  readonly cookie?: AuthCookie | undefined
  readonly doors?: Doors
  /** How long it takes requests after its health checks have begun to answer 503, when it stops, in ms. Default 0. */
  readonly noticeMs?: number
  /** Default: requests are not traced. */
  readonly tracing?: RequestTracing
  readonly logger: Logger
}

/** While the edge stops: how often it closes connections that have become idle, in ms. */
const CLOSE_INTERVAL_MS = 50

/** When a stopping edge cuts the remaining connections, in ms. Shorter than the time after which the process is killed. */
const STOP_DEADLINE_MS = 4000

const NO_LIMITS: RateLimitOptions = { perAddress: 0, perToken: 0, perShop: 0 }
const ANY_NUMBER: PlaceLimits = { max: Infinity, perUser: Infinity, perAddress: Infinity }

export interface RunningEdge {
  readonly port: number
  /** Answers health checks with 503, and accepts no more connections after `noticeMs`. Resolves when the pending requests are answered, or cut after 4 s. */
  stop(): Promise<void>
}

/** Listens for HTTP requests and old storefronts, and turns both into RES calls. Rejects when a port is taken. */
export async function startEdge(
  conn: Conn,
  {
    host,
    port,
    serviceTimeoutMs,
    legacy,
    web,
    stream,
    exportStallMs,
    cookie,
    doors = {},
    noticeMs = 0,
    ...options
  }: EdgeOptions,
): Promise<RunningEdge> {
  const logger = withoutSessionIds(options.logger)
  const client = new Client(conn, { requestTimeoutMs: serviceTimeoutMs, logger })
  const addresses = clientAddresses(doors.trustedProxies ?? [])
  const streams = new ShopStreams(conn, client, stream)
  const draining = new AbortController()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const app = createApp({
    client,
    conn,
    web,
    streams,
    exportStallMs,
    draining: draining.signal,
    stopping: stopping.signal,
    cookie,
    doors,
    addresses,
    tracing: options.tracing,
    logger,
  })
  const server = createServer(boundedServer, app)
  const extra = legacy.port === undefined ? [] : [createServer(boundedServer, (_, res) => res.writeHead(426).end())]
  const servers = [server, ...extra]
  const legacyServer = new LegacyServer({
    conn,
    client,
    logger,
    addresses,
    origins: doors.origins ?? [],
    pages: doors.pages,
    ...legacy,
  })
  for (const each of servers) legacyServer.attach(each)
  const sockets = new OpenSockets()
  for (const each of servers) sockets.add(each)
  if (doors.connections !== undefined) boundConnections(servers, doors.connections, addresses)
  const listeningPort = await listen(server, host, port)
  for (const each of extra) await listen(each, host, legacy.port ?? 0)
  logger.info({ host, port: listeningPort, legacyPort: legacy.port }, "listening")
  return {
    port: listeningPort,
    stop: async () => {
      // A client that keeps its connection busy would hold it for ever.
      for (const each of servers) each.prependListener("request", (_, res) => res.setHeader("Connection", "close"))
      draining.abort()
      await sleep(noticeMs)
      const closed = servers.map((each) => new Promise((resolve) => each.close(resolve)))
      const cutting = setTimeout(() => sockets.destroy(), STOP_DEADLINE_MS)
      streams.stop()
      stopping.abort()
      await legacyServer.stop()
      const closing = setInterval(() => {
        for (const each of servers) each.closeIdleConnections()
      }, CLOSE_INTERVAL_MS)
      await Promise.all(closed)
      clearInterval(closing)
      clearTimeout(cutting)
      client.close()
    },
  }
}

interface AppParts {
  readonly client: Client
  readonly conn: Conn
  readonly web: WebOptions
  readonly streams: ShopStreams
  readonly exportStallMs: number | undefined
  /** Turns the health checks, so that a proxy sends nothing more. */
  readonly draining: AbortSignal
  /** Ends long requests. */
  readonly stopping: AbortSignal
  readonly cookie: AuthCookie | undefined
  readonly doors: Doors
  readonly addresses: ClientAddresses
  readonly tracing: RequestTracing
  readonly logger: Logger
}

function createApp(parts: AppParts): RequestListener {
  const { client, conn, web, streams, exportStallMs, draining, stopping, cookie, doors, addresses } = parts
  const { tracing, logger } = parts
  const { origins = [], pages } = doors
  const app = express()
  const streamPlaces = new Places("streams", doors.streams ?? ANY_NUMBER)
  const waiting = new Places("waiting streams", doors.streams ?? ANY_NUMBER)
  const exportPlaces = new Places("exports", doors.exports ?? ANY_NUMBER)
  const limits = new RateLimits(doors.rates ?? NO_LIMITS)
  const checks = new Checks({ origins, pages, limits })
  const publish = publisher(client, conn, limits)
  app.disable("x-powered-by")
  app.disable("etag")
  // The proxy also tells whether the client used https, and for which host.
  app.set("trust proxy", addresses.isProxy)
  app.use(
    begin(addresses, tracing),
    checked(checks.first),
    preflights(origins),
    healthRoutes(client, conn, draining),
    checked(checks.counted),
    webRoutes(web),
    documentRoutes(web.gateway),
    checked(checks.data),
    publishRoutes(publish),
    sessionRoutes(),
    streamRoutes({ client, streams, places: streamPlaces, waiting, cookie, stopping }),
    exportRoutes({ client, places: exportPlaces, cookie, stopping, stallMs: exportStallMs }),
    shopperRoutes(client),
    notFound,
    problems(logger),
  )
  const lean = leanPublish({ addresses, checks, publish, tracing, logger })
  return (req, res) => {
    if (!lean(req, res)) app(req, res)
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })
}
