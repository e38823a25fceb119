import { createServer, type Server } from "node:http"
import express, { type Express } from "express"
import type { Conn, Logger } from "res-service"
import { Client } from "res-service/client"
import { healthRoutes } from "./http/health.ts"
import { notFound, problems } from "./http/problem.ts"
import { publishRoutes } from "./http/publish.ts"
import { requestId } from "./http/request-id.ts"
import { sessionRoutes } from "./http/sessions.ts"
import { type WebOptions, webRoutes } from "./http/web.ts"
import { LegacyServer } from "./legacy/legacy-server.ts"

/** Limits for a client that takes its time, in ms: for its headers, for the whole request, between two requests. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000

export interface EdgeOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Time that the service gets to answer, in ms. */
  readonly serviceTimeoutMs: number
  readonly legacy: {
    /** A further port for the old protocol alone. */
    readonly port: number | undefined
    /** The only subprotocol that is taken; undefined: the client's first offer. */
    readonly protocol: string | undefined
    readonly maxSocketsPerAddress: number
  }
  readonly web: WebOptions
  readonly logger: Logger
}

export interface RunningEdge {
  readonly port: number
  /** Takes no more connections, and resolves when the requests under way are answered. */
  stop(): Promise<void>
}

/** Listens for HTTP requests and old storefronts, and turns both into RES calls. Rejects when a port is taken. */
export async function startEdge(
  conn: Conn,
  { host, port, serviceTimeoutMs, legacy, web, logger }: EdgeOptions,
): Promise<RunningEdge> {
  const client = new Client(conn, { requestTimeoutMs: serviceTimeoutMs })
  const server = createServer(createApp(client, conn, web, logger))
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  const legacyServer = new LegacyServer({ conn, client, logger, ...legacy })
  legacyServer.attach(server)
  const servers = [server]
  const listeningPort = await listen(server, host, port)
  if (legacy.port !== undefined) {
    const extra = createServer((_, res) => res.writeHead(426).end())
    legacyServer.attach(extra)
    servers.push(extra)
    await listen(extra, host, legacy.port)
  }
  logger.info({ host, port: listeningPort, legacyPort: legacy.port }, "listening")
  return {
    port: listeningPort,
    stop: async () => {
      const closed = servers.map((each) => new Promise((resolve) => each.close(resolve)))
      await legacyServer.stop()
      for (const each of servers) each.closeIdleConnections()
      await Promise.all(closed)
      client.close()
    },
  }
}

function createApp(client: Client, conn: Conn, web: WebOptions, logger: Logger): Express {
  const app = express()
  app.disable("x-powered-by")
  app.disable("etag")
  app.use(
    requestId,
    publishRoutes(client, conn),
    sessionRoutes(),
    healthRoutes(client, conn),
    webRoutes(web),
    notFound,
    problems(logger),
  )
  return app
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
