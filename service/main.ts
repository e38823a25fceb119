import { authConfig, authCookie, authSettings, cookieSettings } from "../config/auth.ts"
import { ownPages, pageSettings } from "../config/own-pages.ts"
import { archive, callLimits, log, metrics, requestLog, sessions, storage } from "../config/parts.ts"
import { connectNats, createLogger, fail, runProcess } from "../config/process.ts"
import { loadSettings } from "../config/settings.ts"
import { openMetrics } from "../observe/open-metrics.ts"
import { resRequestLog } from "../observe/request-log.ts"
import { openTracing, resRequestTraces, traceEvents } from "../observe/tracing.ts"
import { tokenVerifier } from "./auth/auth.ts"
import { countService } from "./metrics.ts"
import { checkNatsPermissions } from "./nats-permissions.ts"
import { allObservers } from "./observers.ts"
import { RunningService } from "./running-service.ts"

await runProcess(async () => {
  const settings = loadSettings([
    "NATS_URL",
    "ALLOW_OPEN_NATS",
    "LOG_LEVEL",
    "STRICT_EVENTS",
    "TRUSTED_PROXIES",
    ...metrics.names,
    ...requestLog.names,
    ...storage.names,
    ...log.names,
    ...archive.names,
    ...sessions.names,
    ...callLimits.names,
    ...cookieSettings,
    ...authSettings,
    "TOKEN_MAX_DAYS",
    ...pageSettings,
  ])
  const logger = createLogger("service", settings)
  const counted = await openMetrics(metrics.options(settings), logger, countService)
  const tracing = await openTracing("service", process.env)
  if (tracing !== undefined) traceEvents(tracing)
  const verifier = await tokenVerifier(authConfig(settings), settings.TOKEN_MAX_DAYS)
  const cookie = authCookie(settings)
  const connect = async () => {
    const nc = await connectNats("shopwire-service", settings.NATS_URL, logger)
    if (settings.AUTH !== "none" && !settings.ALLOW_OPEN_NATS)
      await checkNatsPermissions(settings.NATS_URL, settings.AUTH)
    return nc
  }
  const service = new RunningService(connect, {
    storage: storage.options(settings),
    retention: log.options(settings),
    strictEvents: settings.STRICT_EVENTS,
    sessions: sessions.options(settings),
    archive: archive.options(settings),
    pages: ownPages(settings),
    limits: callLimits.options(settings),
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
    auth: verifier === undefined ? undefined : { verifier, maxTokenDays: settings.TOKEN_MAX_DAYS, cookie },
    observer: allObservers([
      resRequestLog(logger, requestLog.options(settings)),
      ...(counted === undefined ? [] : [counted.observer]),
      ...(tracing === undefined ? [] : [resRequestTraces(tracing)]),
    ]),
    logger,
  })
  counted?.read(service)
  service.serving.catch(fail)
  return async () => {
    await service.stop()
    await tracing?.stop()
  }
})
