#!/usr/bin/env node
import { connectOncePerTurn } from "../connect-once-per-turn.ts"
import type { Logger } from "../logger.ts"
import { natsConn } from "../nats-conn.ts"
import { parseCommandLine, UsageError, usage } from "./command-line.ts"
import { ConfigError, checkConfig } from "./config.ts"
import { type FileConfig, readConfigFile } from "./config-file.ts"
import { createGateway, type Gateway } from "./gateway.ts"
import { RESGATE_VERSION } from "./metrics.ts"
import { natsOptions } from "./nats-options.ts"
import { PROTOCOL_VERSION } from "./protocol-version.ts"

/** The gateway as a program, with Resgate's command line. */
async function main(args: readonly string[]): Promise<void> {
  const { action, configFile, overrides } = parseCommandLine(args)
  if (action === "help") return print(usage())
  if (action === "version") return print(`gateway, as resgate v${RESGATE_VERSION}\nprotocol v${PROTOCOL_VERSION}`)
  const file = configFile === undefined ? { config: {}, unknownKeys: [] } : readConfigFile(configFile)
  const config = { ...file.config, ...overrides }
  const log = lineLogger(config)
  for (const key of file.unknownKeys) log.warn({ key }, "unknown setting is ignored")
  if ((config.requestTimeout ?? 0) < 0)
    throw new ConfigError("requestTimeout", config.requestTimeout, "must be positive")
  checkConfig(config)
  const options = natsOptions(config)

  let gateway: Gateway | undefined
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    log.info({}, "stopping")
    void (gateway?.close() ?? Promise.resolve()).finally(() => process.exit(0))
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop)

  log.info({ servers: options.servers }, "connecting to NATS")
  const nc = await connectOncePerTurn(options)
  const conn = natsConn(nc)
  conn.onStatus((status) => log.info({ status }, "connection to NATS"))
  gateway = createGateway(conn, config, { logger: log, trace: config.trace ?? false })
  await gateway.start()
  log.info({}, "ready")
}

/** Writes one line of text for each message, at the levels that the settings enable. */
function lineLogger({ debug = false, trace = false }: FileConfig): Logger {
  const write =
    (level: string, on: boolean) =>
    (details: object, message: string): void => {
      if (!on) return
      const text = JSON.stringify(details, (_, value: unknown) => (value instanceof Error ? value.stack : value))
      process.stderr.write(`${new Date().toISOString()} ${level} ${message}${text === "{}" ? "" : ` ${text}`}\n`)
    }
  return {
    error: write("ERR", true),
    warn: write("WRN", true),
    info: write("INF", true),
    debug: write("DBG", debug),
    trace: write("TRC", trace),
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof UsageError || error instanceof Error
  process.stderr.write(`${expected ? error.message : String(error)}\n`)
  if (error instanceof UsageError) process.stderr.write(`${usage()}\n`)
  process.exit(1)
})
