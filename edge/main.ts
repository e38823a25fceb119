import { natsConn } from "res-service"
import { connectNats, createLogger, runProcess } from "../config/process.ts"
import { loadSettings } from "../config/settings.ts"
import { startEdge } from "./edge.ts"

await runProcess(async () => {
  const settings = loadSettings(["HOST", "EDGE_PORT", "NATS_URL", "LOG_LEVEL", "REQUEST_TIMEOUT_MS"])
  const logger = createLogger("edge", settings)
  const nc = await connectNats("shopwire-edge", settings.NATS_URL ?? "nats://127.0.0.1:4222", logger)
  const edge = await startEdge(natsConn(nc), {
    host: settings.HOST,
    port: settings.EDGE_PORT,
    serviceTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    logger,
  })
  return async () => {
    await edge.stop()
    await nc.drain()
  }
})
