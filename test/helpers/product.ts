import type { NatsConnection } from "nats"
import { type Conn, connectOncePerTurn, type Logger, natsConn, silentLogger } from "res-service"
import { pagesDir } from "../../config/project-dir.ts"
import { type Doors, type EdgeOptions, type RunningEdge, startEdge } from "../../edge/edge.ts"
import type { WebOptions } from "../../edge/http/web.ts"
import type { StreamOptions } from "../../edge/stream/shop-streams.ts"
import { type CallLimitOptions, noCallLimits } from "../../service/limits/call-limits.ts"
import { type RunningService, startService } from "../../service/running-service.ts"
import type { ServiceOptions } from "../../service/service.ts"
import type { SessionOptions } from "../../service/session/live-sessions.ts"
import { startNats, type TestNats } from "./nats.ts"
import { freePort } from "./ports.ts"
import { until } from "./until.ts"
import { use } from "./use.ts"

export const serviceOptions = {
  retention: { maxAgeDays: 0, maxMiB: 0 },
  // Longer than any test takes on a busy machine: a session that is deleted meanwhile looks like a lost one.
  sessions: { idleMs: 60 * 60_000, binding: "socket" as const },
  auth: undefined,
  logger: silentLogger,
}

export const webOptions: WebOptions = { dir: pagesDir, gateway: 8080, auth: { kind: "none" }, connectTo: [] }

/** An edge in this process, on a free port unless `options` name one. */
export function startTestEdge(conn: Conn, options: Partial<EdgeOptions> = {}): Promise<RunningEdge> {
  return startEdge(conn, {
    host: "127.0.0.1",
    port: 0,
    serviceTimeoutMs: 5000,
    legacy: { port: undefined, protocol: undefined, maxSocketsPerAddress: 10_000 },
    web: webOptions,
    logger: silentLogger,
    ...options,
  })
}

/** The product without a gateway: a real nats-server, and service and edge in this process, each on a connection of its own. */
export interface Product {
  readonly edgeUrl: string
  readonly natsServer: TestNats
  /** A connection for the test itself. */
  readonly nats: NatsConnection
  readonly service: RunningService
  /** Stops the service, and starts another one. */
  restartService(): Promise<void>
  stopService(): Promise<void>
  /** Stops the edge, and starts another one on the same port. */
  restartEdge(): Promise<void>
  /** Starts nats-server again, after its end or after stopping it, and waits for the test's own connection. */
  restartNats(): Promise<void>
  stop(): Promise<void>
}

export interface ProductOptions {
  readonly serviceTimeoutMs?: number
  /** As the setting PROTOCOL. */
  readonly protocol?: string
  /** As the setting PUBLIC_GATEWAY_URL. */
  readonly gatewayUrl?: string
  /** On top of `webOptions`. */
  readonly web?: Partial<WebOptions>
  readonly sessions?: Partial<Omit<SessionOptions, "guard" | "readCurrency" | "shards" | "logger">>
  readonly doors?: Doors
  /** What the service holds, on top of no limits; `doors.trustedProxies` are its own too. */
  readonly limits?: Partial<CallLimitOptions>
  /** As the setting LEGACY_MAX_SOCKETS_PER_ADDRESS. */
  readonly maxSocketsPerAddress?: number
  readonly stream?: StreamOptions
  readonly exportStallMs?: number
  /** As the setting LEGACY_NEW_SOCKETS_PER_MINUTE. */
  readonly newSocketsPerMinute?: number
  readonly auth?: ServiceOptions["auth"]
  /** How often the edge looks at the sockets of storefronts, in ms; default as `LegacyServerOptions`. */
  readonly heartbeatMs?: number
  /** As the setting STRICT_EVENTS. */
  readonly strictEvents?: boolean
  /** Without `auth`: the pages that are let in. */
  readonly pages?: ServiceOptions["pages"]
  /** Default: silent. */
  readonly logger?: Logger
  readonly archive?: ServiceOptions["archive"]
}

/**
 * To be called in a `describe`: one product for all its tests.
 *
 * @param options a function if they depend on what is started before
 */
export function useProduct(options: ProductOptions | (() => ProductOptions) = {}): Product {
  return use(() => startProduct(typeof options === "function" ? options() : options))
}

/** Starts it all on free ports. `stop` leaves nothing behind. */
export async function startProduct({
  serviceTimeoutMs = 5000,
  protocol,
  gatewayUrl,
  web = {},
  sessions = {},
  doors = {},
  limits = {},
  maxSocketsPerAddress = 10_000,
  stream = {},
  exportStallMs,
  newSocketsPerMinute = 0,
  heartbeatMs,
  auth,
  strictEvents,
  pages,
  archive,
  logger = silentLogger,
}: ProductOptions = {}): Promise<Product> {
  const ownOptions: ServiceOptions = {
    ...serviceOptions,
    auth,
    strictEvents,
    pages,
    archive,
    logger,
    sessions: { ...serviceOptions.sessions, ...sessions },
    limits: { ...noCallLimits, ...limits },
    trustedProxies: doors.trustedProxies ?? [],
  }
  const natsServer = await startNats()
  const nats = await open(natsServer)
  const edgeNats = await open(natsServer)
  const runEdge = (port: number): Promise<RunningEdge> =>
    startTestEdge(natsConn(edgeNats), {
      port,
      serviceTimeoutMs,
      legacy: { port: undefined, protocol, maxSocketsPerAddress, newSocketsPerMinute, heartbeatMs },
      web: { ...webOptions, ...(gatewayUrl === undefined ? {} : { gateway: gatewayUrl }), ...web },
      stream,
      ...(exportStallMs === undefined ? {} : { exportStallMs }),
      cookie: auth?.cookie,
      doors,
      logger,
    })
  let edge = await runEdge(await freePort())
  const runService = (): Promise<RunningService> => startService(() => open(natsServer), ownOptions)
  let service: RunningService | undefined = await runService()

  const stopService = async (): Promise<void> => {
    await service?.stop()
    service = undefined
  }
  return {
    edgeUrl: `http://127.0.0.1:${edge.port}`,
    natsServer,
    nats,
    get service() {
      if (service === undefined) throw new Error("the service was stopped")
      return service
    },
    restartService: async () => {
      await stopService()
      service = await runService()
    },
    stopService,
    restartEdge: async () => {
      const { port } = edge
      await edge.stop()
      edge = await runEdge(port)
    },
    restartNats: async () => {
      await natsServer.restart()
      await until("the test's connection to NATS", () =>
        nats.flush().then(
          () => true,
          () => false,
        ),
      )
    },
    stop: async () => {
      await edge.stop()
      await stopService()
      await Promise.all([nats.close(), edgeNats.close()])
      await natsServer.stop()
    },
  }
}

function open(natsServer: TestNats): Promise<NatsConnection> {
  return connectOncePerTurn({ servers: natsServer.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
}
