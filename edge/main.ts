import { setTimeout as sleep } from "node:timers/promises"
import { deferredConn, natsConn } from "res-service"
import { authCookie, cookieSettings } from "../config/auth.ts"
import { isLoopback } from "../config/loopback.ts"
import { ownPages, pageSettings } from "../config/own-pages.ts"
import { connectNats, createLogger, runProcess, serverOptions } from "../config/process.ts"
import { pagesDir } from "../config/project-dir.ts"
import { loadSettings } from "../config/settings.ts"
import { startEdge } from "./edge.ts"
import { signIn } from "./http/sign-in.ts"

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
    "LEGACY_PORT",
    "PROTOCOL",
    "LEGACY_MAX_SOCKETS_PER_ADDRESS",
    "LEGACY_NEW_SOCKETS_PER_MINUTE",
    ...cookieSettings,
    ...pageSettings,
    "STREAM_MAX_READERS",
    "STREAM_MAX_READERS_PER_USER",
    "STREAM_MAX_READERS_PER_ADDRESS",
    "STREAM_KEEP_SECONDS",
    "EXPORT_MAX",
    "EXPORT_MAX_PER_USER",
    "EXPORT_MAX_PER_ADDRESS",
    "TRUSTED_PROXIES",
    "RATE_PER_ADDRESS",
    "RATE_PER_TOKEN",
    "RATE_PER_SHOP",
    "MAX_CONNECTIONS",
    "MAX_CONNECTIONS_PER_ADDRESS",
  ])
  const logger = createLogger("edge", settings)
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
    legacy: {
      port: settings.LEGACY_PORT,
      protocol: settings.PROTOCOL,
      maxSocketsPerAddress: settings.LEGACY_MAX_SOCKETS_PER_ADDRESS,
      newSocketsPerMinute: settings.LEGACY_NEW_SOCKETS_PER_MINUTE,
    },
    stream: { keepMs: settings.STREAM_KEEP_SECONDS * 1000 },
    cookie: authCookie(settings),
    doors: {
      origins: settings.CORS_ORIGINS ?? [],
      pages: ownPages(settings),
      trustedProxies: settings.TRUSTED_PROXIES ?? [],
      rates: {
        perAddress: settings.RATE_PER_ADDRESS,
        perToken: settings.RATE_PER_TOKEN,
        perShop: settings.RATE_PER_SHOP,
      },
      connections: { max: settings.MAX_CONNECTIONS, maxPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS },
      streams: {
        max: settings.STREAM_MAX_READERS,
        perUser: settings.STREAM_MAX_READERS_PER_USER,
        perAddress: settings.STREAM_MAX_READERS_PER_ADDRESS,
      },
      exports: {
        max: settings.EXPORT_MAX,
        perUser: settings.EXPORT_MAX_PER_USER,
        perAddress: settings.EXPORT_MAX_PER_ADDRESS,
      },
    },
    web: {
      dir: pagesDir,
      gateway: settings.PUBLIC_GATEWAY_URL ?? settings.GATEWAY_PORT,
      ...signIn(settings),
    },
    logger,
  })
  return async () => {
    await edge.stop()
    await Promise.race([connecting.then((nc) => nc.drain()), sleep(DRAIN_TIMEOUT_MS)])
  }
})
