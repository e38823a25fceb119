import type { ConnectionOptions, NatsConnection } from "nats"
import { type Logger, pino } from "pino"
import { connectOncePerTurn, pingOptions } from "res-service"
import { occurrences } from "../observe/occurrences.ts"
import { SettingError, type Settings } from "./settings.ts"

/** The address of NATS if NATS_URL is not set. */
const LOCAL_NATS_URLS = ["nats://127.0.0.1:4222"]
/** Pauses between attempts to reach NATS, in ms. */
const RECONNECT_WAIT_MS = 250
/** A process that takes longer to stop, in ms, is ended: longer than its parts take, and shorter than the launcher waits. */
const STOP_TIMEOUT_MS = 7500

/** A process's logger: JSON lines on stdout, as pino writes them, without tokens. */
export function createLogger(name: string, { LOG_LEVEL }: Settings<"LOG_LEVEL">): Logger {
  return pino({ name, level: LOG_LEVEL, redact: ["token", "*.token", "headers.authorization", "headers.cookie"] })
}

/**
 * Connects to one of the servers of NATS, waits until one is there, and reconnects for ever. A URL may hold a user and password, or only
 * a token: `nats://user:password@host`, `nats://token@host`.
 */
export async function connectNats(
  name: string,
  urls: readonly string[] | undefined,
  logger: Logger,
): Promise<NatsConnection> {
  logger.info("connecting to NATS")
  const nc = await connectOncePerTurn({
    name,
    ...serverOptions(urls),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    ...pingOptions,
  })
  occurrences.nats.tell("connected")
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === "disconnect") {
        occurrences.nats.tell("disconnected")
        logger.warn("lost the connection to NATS")
      }
      if (status.type === "reconnect") {
        occurrences.nats.tell("connected")
        logger.info("connected to NATS again")
      }
      if (status.type === "error") logger.error({ err: status.error }, "NATS refused something")
    }
  })()
  return nc
}

/** What `serverOptions` returns. */
export interface ServerOptions extends ConnectionOptions {
  /** Without logins. */
  readonly servers: string[]
}

/**
 * The NATS client's options for the servers of NATS_URL; the client accepts user, password and token only as options. All servers get the
 * first login among them. Replies to a user arrive below `_INBOX_<user>`, so no other user needs permission to read them.
 */
export function serverOptions(texts: readonly string[] = LOCAL_NATS_URLS): ServerOptions {
  const urls = texts.map((text) => new URL(text))
  const { username = "", password = "" } = urls.find((url) => url.username !== "") ?? {}
  const user = decodeURIComponent(username)
  const login = {
    ...(password === "" ? {} : { user, pass: decodeURIComponent(password) }),
    ...(password === "" || !/^[\w-]+$/.test(user) ? {} : { inboxPrefix: `_INBOX_${user}` }),
    ...(username === "" || password !== "" ? {} : { token: user }),
  }
  return { servers: urls.map(({ protocol, host }) => `${protocol}//${host}`), ...login }
}

/**
 * Runs a process: `start` resolves to a function that stops it, which SIGTERM and SIGINT call. A wrong setting ends the process
 * with one line on stderr; any other error is logged first.
 */
export async function runProcess(start: () => Promise<() => Promise<void>>): Promise<void> {
  try {
    const stop = await start()
    let stopping = false
    const onSignal = (): void => {
      if (stopping) return
      stopping = true
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
      stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    }
    process.on("SIGTERM", onSignal)
    process.on("SIGINT", onSignal)
  } catch (error) {
    fail(error)
  }
}

/** Ends the process after a fatal error; a wrong setting prints one line on stderr. */
export function fail(error: unknown): never {
  console.error(error instanceof SettingError ? error.message : error)
  process.exit(1)
}
