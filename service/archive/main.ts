import { metrics, storage } from "../../config/parts.ts"
import { connectNats, createLogger, runProcess } from "../../config/process.ts"
import { loadSettings, SettingError } from "../../config/settings.ts"
import { openMetrics } from "../../observe/open-metrics.ts"
import { openTracing, traceEvents } from "../../observe/tracing.ts"
import { startArchiver } from "./archiver.ts"
import { countArchiver } from "./metrics.ts"

await runProcess(async () => {
  const settings = loadSettings([
    "NATS_URL",
    ...storage.names,
    "LOG_LEVEL",
    ...metrics.names,
    "MONGO_URL",
    "MONGO_TIMEOUT_MS",
    "ARCHIVE_TAKEOVER_SECONDS",
    "ARCHIVE_MAX_AGE_DAYS",
  ])
  if (settings.MONGO_URL === undefined)
    throw new SettingError("MONGO_URL is not set: expected the MongoDB to archive in")
  const logger = createLogger("archiver", settings)
  const read = await openMetrics(metrics.options(settings), logger, countArchiver)
  const tracing = await openTracing("archiver", process.env)
  if (tracing !== undefined) traceEvents(tracing)
  const nc = await connectNats("shopwire-archiver", settings.NATS_URL, logger)
  const archiver = await startArchiver(nc, {
    url: settings.MONGO_URL,
    takeoverMs: settings.ARCHIVE_TAKEOVER_SECONDS * 1000,
    timeoutMs: settings.MONGO_TIMEOUT_MS,
    maxAgeDays: settings.ARCHIVE_MAX_AGE_DAYS,
    ...storage.options(settings),
    logger,
  })
  read?.(archiver)
  return async () => {
    await archiver.stop()
    await nc.drain()
    await tracing?.stop()
  }
})
