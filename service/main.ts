import { authConfig, authCookie, authSettings, cookieSettings } from "../config/auth.ts"
import { ownPages, pageSettings } from "../config/own-pages.ts"
import { connectNats, createLogger, fail, runProcess } from "../config/process.ts"
import { loadSettings } from "../config/settings.ts"
import { tokenVerifier } from "./auth/auth.ts"
import { checkNatsPermissions } from "./nats-permissions.ts"
import { StandbyService } from "./standby.ts"

await runProcess(async () => {
  const settings = loadSettings([
    "NATS_URL",
    "ALLOW_OPEN_NATS",
    "LOG_LEVEL",
    "STREAM_MAX_AGE_DAYS",
    "STREAM_MAX_MIB",
    "STRICT_EVENTS",
    "MONGO_URL",
    "MONGO_TIMEOUT_MS",
    "SESSION_IDLE_HOURS",
    "SESSIONS_MAX_MIB",
    "SESSIONS_MEMORY_MIB",
    "LEGACY_CUSTOMER_BINDING",
    "TRUSTED_PROXIES",
    "RATE_PER_ADDRESS",
    "RATE_PER_TOKEN",
    "RATE_PER_CONNECTION",
    "RATE_PER_SHOP",
    "SESSION_STARTS_PER_ADDRESS",
    "SESSION_STARTS_PER_CONNECTION",
    ...cookieSettings,
    ...authSettings,
    "TOKEN_MAX_DAYS",
    ...pageSettings,
  ])
  const logger = createLogger("service", settings)
  const verifier = await tokenVerifier(authConfig(settings), settings.TOKEN_MAX_DAYS)
  const cookie = authCookie(settings)
  const connect = async () => {
    const nc = await connectNats("shopwire-service", settings.NATS_URL, logger)
    if (settings.AUTH !== "none" && !settings.ALLOW_OPEN_NATS)
      await checkNatsPermissions(settings.NATS_URL, settings.AUTH)
    return nc
  }
  const service = new StandbyService(connect, {
    retention: { maxAgeDays: settings.STREAM_MAX_AGE_DAYS, maxMiB: settings.STREAM_MAX_MIB },
    strictEvents: settings.STRICT_EVENTS,
    sessions: {
      idleMs: settings.SESSION_IDLE_HOURS * 60 * 60 * 1000,
      maxBytes: settings.SESSIONS_MAX_MIB * 1024 * 1024,
      memoryBytes: settings.SESSIONS_MEMORY_MIB * 1024 * 1024,
      binding: settings.LEGACY_CUSTOMER_BINDING,
    },
    archive:
      settings.MONGO_URL === undefined ? undefined : { url: settings.MONGO_URL, timeoutMs: settings.MONGO_TIMEOUT_MS },
    pages: ownPages(settings),
    limits: {
      perAddress: settings.RATE_PER_ADDRESS,
      perToken: settings.RATE_PER_TOKEN,
      perConnection: settings.RATE_PER_CONNECTION,
      perShop: settings.RATE_PER_SHOP,
      startsPerAddress: settings.SESSION_STARTS_PER_ADDRESS,
      startsPerConnection: settings.SESSION_STARTS_PER_CONNECTION,
    },
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
    auth: verifier === undefined ? undefined : { verifier, maxTokenDays: settings.TOKEN_MAX_DAYS, cookie },
    logger,
  })
  service.active.catch(fail)
  return () => service.stop()
})
