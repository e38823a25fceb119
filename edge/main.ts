import { setTimeout as sleep } from "node:timers/promises"
import { deferredConn, natsConn } from "res-service"
import { authCookie, cookieSettings } from "../config/auth.ts"
import { isLoopback } from "../config/loopback.ts"
import { ownPages, pageSettings } from "../config/own-pages.ts"
import { connections, exportPlaces, httpRates, legacyDoor, metrics, requestLog, streamPlaces } from "../config/parts.ts"
import { connectNats, createLogger, runProcess, serverOptions } from "../config/process.ts"
import { pagesDir } from "../config/project-dir.ts"
import { loadSettings } from "../config/settings.ts"
import { openMetrics } from "../observe/open-metrics.ts"
import { logHttpRequests } from "../observe/request-log.ts"
import { openTracing } from "../observe/tracing.ts"
import { startEdge } from "./edge.ts"
import { signIn } from "./http/sign-in.ts"
import { countEdge } from "./metrics.ts"

/** Time for proxies to notice that the edge stops, in ms: ours asks twice a second. */
const NOTICE_MS = 1500

/** Time to close the connection to NATS, in ms, if it ever was open. */
const DRAIN_TIMEOUT_MS = 1000

await runProcess(async () => {
  const settings = loadSettings([
    "HOST",
    "EDGE_PORT",
    "GATEWAY_PORT",
    "PUBLIC_GATEWAY_URL",
    "AUTH",
    "FIREBASE_API_KEY",
    "NATS_URL",
    "LOG_LEVEL",
    "REQUEST_TIMEOUT_MS",
    "STREAM_KEEP_SECONDS",
    "TRUSTED_PROXIES",
    ...metrics.names,
    ...requestLog.names,
    ...cookieSettings,
    ...pageSettings,
    ...legacyDoor.names,
    ...httpRates.names,
    ...connections.names,
    ...streamPlaces.names,
    ...exportPlaces.names,
  ])
  const logger = createLogger("edge", settings)
  await openMetrics(metrics.options(settings), logger, countEdge)
  logHttpRequests(logger, requestLog.options(settings))
  const tracing = await openTracing("edge", process.env)
  if (settings.AUTH === "none" && !isLoopback(settings.HOST))
    logger.warn(
      { HOST: settings.HOST },
      "AUTH=none: anyone who reaches this address may publish, read and change everything",
    )
  // Serves before NATS is there: probes are answered, and publishers get 503 with Retry-After.
  const connecting = connectNats("shopwire-edge", settings.NATS_URL, logger)
  const edge = await startEdge(deferredConn(connecting.then(natsConn), serverOptions(settings.NATS_URL).inboxPrefix), {
    host: settings.HOST,
    port: settings.EDGE_PORT,
    serviceTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    legacy: legacyDoor.options(settings),
    stream: { keepMs: settings.STREAM_KEEP_SECONDS * 1000 },
    cookie: authCookie(settings),
    doors: {
      origins: settings.CORS_ORIGINS ?? [],
      pages: ownPages(settings),
      trustedProxies: settings.TRUSTED_PROXIES ?? [],
      rates: httpRates.options(settings),
      connections: connections.options(settings),
      streams: streamPlaces.options(settings),
      exports: exportPlaces.options(settings),
    },
    web: {
      dir: pagesDir,
      gateway: settings.PUBLIC_GATEWAY_URL ?? settings.GATEWAY_PORT,
      ...signIn(settings),
    },
    noticeMs: NOTICE_MS,
    tracing,
    logger,
  })
  return async () => {
    await edge.stop()
    await tracing?.stop()
    await Promise.race([connecting.then((nc) => nc.drain()), sleep(DRAIN_TIMEOUT_MS)])
  }
})
