import { existsSync } from "node:fs"
import { statfs } from "node:fs/promises"
import { resolve } from "node:path"
import { type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { isLoopback } from "../../config/loopback.ts"
import { natsInfo } from "../../config/nats-info.ts"
import { serverOptions } from "../../config/process.ts"
import { loadSettings } from "../../config/settings.ts"
import { STREAM } from "../../service/log/stream.ts"
import { connectNats, natsUrls } from "../doors.ts"
import { AwayError } from "../exit-status.ts"
import { clockFinding } from "./clock.ts"
import { type Check, type Finding, ok, problem, warning } from "./finding.ts"

/** The oldest nats-server with all that the log needs: atomic batches. */
const OLDEST = [2, 12] as const
/** As long as other answers may take. */
const GREETING_TIMEOUT_MS = 10_000
/** How full JetStream's storage or a disk may be. */
const FULL = 0.85
const GIB = 1024 ** 3

/** Each server of NATS: its greeting, and whether that fits AUTH. */
export const serversCheck: Check = {
  name: "NATS",
  run: async ({ env }) => {
    const { servers } = serverOptions(natsUrls(env))
    return (await Promise.all(servers.map((server) => greeting(server, env)))).flat()
  },
}

async function greeting(server: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  try {
    const { version, jetstream, auth_required } = await natsInfo(server, AbortSignal.timeout(GREETING_TIMEOUT_MS))
    const [major = 0, minor = 0] = version.split(".").map(Number)
    const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
    const { AUTH } = loadSettings(["AUTH"], env)
    return [
      isOld
        ? problem(`${server} is nats-server ${version}`, `use ${OLDEST.join(".")} or later`)
        : ok(`${server} is nats-server ${version}`),
      ...(jetstream === true
        ? []
        : [problem("it has no JetStream", "start it with --jetstream, or as config/nats.conf does")]),
      ...(AUTH !== "none" && auth_required !== true
        ? [
            warning(
              "it asks for no login, but AUTH is on",
              "use config/nats.conf: who reaches NATS can read and change everything",
            ),
          ]
        : []),
    ]
  } catch (error) {
    return [problem(`${server} does not answer: ${reasonOf(error)}`, "start nats-server, or set NATS_URL or NATS_PORT")]
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === "AbortError" ? `nothing came within ${GREETING_TIMEOUT_MS / 1000} s` : error.message
}

/** JetStream: the log, how full it and the account are, and the clock of its server. */
export const jetStreamCheck: Check = {
  name: "JetStream",
  run: async (terminal) => {
    try {
      const nc = await connectNats(terminal)
      try {
        return await streams(nc, await jetstreamManager(nc, { checkAPI: false }))
      } finally {
        await nc.close()
      }
    } catch (error) {
      if (!(error instanceof AwayError)) throw error
      return [problem(error.message, "see NATS above")]
    }
  },
}

async function streams(nc: NatsConnection, manager: JetStreamManager): Promise<Finding[]> {
  const askedAt = Date.now()
  const log = await manager.streams.info(STREAM).catch((error: Error) => error)
  if (log instanceof Error) {
    return [
      problem(
        `the stream ${STREAM} cannot be read with the login of ${nc.getServer()}: ${log.message}`,
        "start the service, which makes it, and give NATS_URL the service's login",
      ),
    ]
  }
  const clock = log.ts === undefined ? [] : [clockFinding(Date.parse(log.ts), { askedAt, answeredAt: Date.now() }, 0)]
  const account = await manager.getAccountInfo().catch(() => undefined)
  const limit = account?.limits.max_storage ?? -1
  return [
    ok(`the log has ${log.state.messages} messages, ${mib(log.state.bytes)}, up to #${log.state.last_seq}`),
    ...room(log),
    ...replicas(log),
    ...(account === undefined || limit <= 0
      ? []
      : [
          full(
            "the account's storage",
            account.storage,
            limit,
            "raise its limit, or set STREAM_MAX_AGE_DAYS or STREAM_MAX_MIB",
          ),
        ]),
    ...clock,
  ]
}

function room({ config, state }: StreamInfo): Finding[] {
  if (config.max_bytes <= 0) return []
  const used = `the log uses ${mib(state.bytes)} of ${mib(config.max_bytes)}`
  return [ok(`${used}; when it is full its oldest events are dropped (STREAM_MAX_MIB)`)]
}

function replicas({ config, cluster }: StreamInfo): Finding[] {
  const followers = cluster?.replicas ?? []
  const behind = followers.filter(({ current, offline }) => !current || offline === true)
  if (config.num_replicas === 1) return []
  if (behind.length === 0) return [ok(`all ${config.num_replicas} replicas are up to date`)]
  return [
    warning(
      `replicas on ${behind.map(({ name }) => name).join(", ")} are behind or away`,
      "start these nats-servers; no further one may fail until they are back",
    ),
  ]
}

/** The disk of this machine on which `npm start` keeps JetStream's files. */
export const diskCheck: Check = {
  name: "disk",
  run: async ({ env }) => {
    const { DATA_DIR } = loadSettings(["DATA_DIR"], env)
    const folder = resolve(DATA_DIR)
    const isHere = natsUrls(env).every((server) => isLoopback(new URL(server).hostname))
    if (!isHere || !existsSync(folder)) return [ok("NATS keeps its files elsewhere; look at that machine's disk")]
    const { blocks, bavail, bsize } = await statfs(folder)
    return [
      full(
        `the disk of ${folder}`,
        (blocks - bavail) * bsize,
        blocks * bsize,
        "free some, or set STREAM_MAX_AGE_DAYS or STREAM_MAX_MIB; on a full disk nothing is stored",
      ),
    ]
  },
}

function full(what: string, used: number, all: number, advice: string): Finding {
  const text = `${what} is ${Math.round((100 * used) / all)} % full, ${((all - used) / GIB).toFixed(1)} GiB are free`
  return used / all > FULL ? warning(text, advice) : ok(text)
}

function mib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
