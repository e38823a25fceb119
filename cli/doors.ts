import type { NatsConnection } from "nats"
import { connectOncePerTurn, natsConn, ResError } from "res-service"
import { Client } from "res-service/client"
import { serverOptions } from "../config/process.ts"
import { loadSettings } from "../config/settings.ts"
import { AwayError } from "./exit-status.ts"
import { askJson } from "./requests.ts"
import type { Terminal } from "./terminal.ts"

/** Time to connect to NATS, in ms. */
const CONNECT_TIMEOUT_MS = 5000
/** Pauses between attempts to reach NATS again, in ms. */
const RECONNECT_WAIT_MS = 500

/** The edge of the product that the commands use: EDGE_URL, or EDGE_PORT on this machine. Without a slash at the end. */
export function edgeUrl({ env }: Terminal): string {
  const { EDGE_URL, EDGE_PORT } = loadSettings(["EDGE_URL", "EDGE_PORT"], env)
  return withoutSlash(EDGE_URL ?? `http://127.0.0.1:${EDGE_PORT}`)
}

/** The gateway's HTTP address: RESGATE_URL, or what the edge tells pages. Without a slash at the end. */
export async function gatewayUrl(terminal: Terminal): Promise<string> {
  const { RESGATE_URL } = loadSettings(["RESGATE_URL"], terminal.env)
  if (RESGATE_URL !== undefined) return withoutSlash(RESGATE_URL)
  const { gateway } = (await askJson(`${edgeUrl(terminal)}/config.json`, { signal: terminal.signal })) as {
    readonly gateway: string
  }
  return withoutSlash(gateway.replace(/^ws/, "http"))
}

/** The header for a token: that of the option, or SHOPWIRE_TOKEN; none: no header. */
export function bearer({ env }: Terminal, given: string | undefined): { readonly authorization?: string } {
  const token = given ?? loadSettings(["SHOPWIRE_TOKEN"], env).SHOPWIRE_TOKEN
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** The servers of NATS: NATS_URL, or NATS_PORT on this machine. */
export function natsUrls(env: NodeJS.ProcessEnv): readonly string[] {
  const { NATS_URL, NATS_PORT } = loadSettings(["NATS_URL", "NATS_PORT"], env)
  return NATS_URL ?? [`nats://127.0.0.1:${NATS_PORT}`]
}

/**
 * Connects to NATS, and reconnects from then on.
 *
 * @throws {AwayError} no server answers, or it refuses the login
 */
export async function connectNats({ env }: Terminal): Promise<NatsConnection> {
  const options = serverOptions(natsUrls(env))
  try {
    return await connectOncePerTurn({
      name: "shopwire-cli",
      ...options,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AwayError(`NATS at ${options.servers.join(", ")}: ${reason}; set NATS_URL, with a login if it needs one`)
  }
}

/**
 * Runs a task with a client of the RES services on NATS, and closes it.
 *
 * @throws {AwayError} NATS, JetStream or the service does not answer
 */
export async function withClient<T>(
  terminal: Terminal,
  task: (client: Client, nc: NatsConnection) => Promise<T>,
): Promise<T> {
  const nc = await connectNats(terminal)
  const client = new Client(natsConn(nc))
  try {
    return await task(client, nc)
  } catch (error) {
    if (!(error instanceof ResError)) throw error
    throw new AwayError(`${error.message} (${error.code}): \`shopwire doctor\` finds out why`)
  } finally {
    client.close()
    await nc.close()
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "")
}
