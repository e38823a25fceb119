import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { NODE_FLAGS } from "../config/node-flags.ts"
import { startNats } from "../test/helpers/nats.ts"
import { freePort } from "../test/helpers/ports.ts"
import { until } from "../test/helpers/until.ts"
import { compiledFile } from "../tools/programs/paths.ts"
import { endChild, startChild } from "./children.ts"

/** The product in processes of its own, compiled: `npm run build` first. */
export interface Processes {
  readonly edgeUrl: string
  readonly gatewayUrl: string
  readonly gatewayWsUrl: string
  readonly natsUrl: string
  readonly pids: { readonly edge: number; readonly gateway: number; readonly service: number; readonly nats: number }
  /** SIGKILL. */
  kill(program: Restartable): Promise<void>
  /** Starts a killed program again, on the same port; does not wait until it answers. */
  start(program: Restartable): void
  stop(): Promise<void>
}

type Restartable = "gateway" | "service"

const root = new URL("../", import.meta.url)

export interface ProcessesOptions {
  readonly syncInterval?: string | undefined
  /** The embedded gateway, even where RESGATE_BIN is set. */
  readonly embedded?: boolean
  /** Edge and service have a METRICS_PORT each. */
  readonly metrics?: boolean
  /** Settings of the product. */
  readonly env?: Readonly<Record<string, string>>
}

/** Settings for a load that comes from one address, or to one shop: beyond their rates. */
export const UNLIMITED = { RATE_PER_ADDRESS: "1000000", RATE_PER_SHOP: "1000000" }

/** Starts nats-server, service, gateway (RESGATE_BIN, else the embedded one) and edge, and waits until they answer. */
export async function startProcesses(options: ProcessesOptions = {}): Promise<Processes> {
  const nats = await startNats({ syncInterval: options.syncInterval })
  const [edgePort, gatewayPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    NATS_URL: nats.url,
    EDGE_PORT: String(edgePort),
    GATEWAY_PORT: String(gatewayPort),
    HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
    ...options.env,
  }
  const metricsPort = async () => (options.metrics ? { METRICS_PORT: String(await freePort()) } : {})
  const [edgeEnv, serviceEnv] = [
    { ...env, ...(await metricsPort()) },
    { ...env, ...(await metricsPort()) },
  ]
  const gatewayArgs = [
    "--config",
    path("resgate.config.json"),
    "--addr",
    "127.0.0.1",
    "--port",
    String(gatewayPort),
    "--nats",
    nats.url,
  ]
  const edge = startChild(process.execPath, [...NODE_FLAGS, compiledFile("edge/main")], { env: edgeEnv })
  const resgate = options.embedded ? undefined : process.env.RESGATE_BIN
  const starts: Readonly<Record<Restartable, () => ChildProcess>> = {
    service: () => startChild(process.execPath, [...NODE_FLAGS, compiledFile("service/main")], { env: serviceEnv }),
    gateway: () =>
      resgate
        ? startChild(resgate, gatewayArgs, { env })
        : startChild(process.execPath, [...NODE_FLAGS, compiledFile("res-service/src/gateway/main"), ...gatewayArgs], {
            env,
          }),
  }
  const children = { service: starts.service(), gateway: starts.gateway() }

  const edgeUrl = `http://127.0.0.1:${edgePort}`
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
  const answers = (url: string) => async () => (await fetch(url).catch(() => undefined))?.ok
  await until("the edge to be ready", answers(`${edgeUrl}/readyz`), 20_000)
  await until("the gateway to be ready", answers(`${gatewayUrl}/api/shopwire/health`), 20_000)
  return {
    edgeUrl,
    gatewayUrl,
    gatewayWsUrl: gatewayUrl.replace("http", "ws"),
    natsUrl: nats.url,
    get pids() {
      const { gateway, service } = children
      return { edge: edge.pid ?? 0, gateway: gateway.pid ?? 0, service: service.pid ?? 0, nats: nats.pid ?? 0 }
    },
    kill: (program) => endChild(children[program], "SIGKILL"),
    start: (program) => {
      children[program] = starts[program]()
    },
    stop: async () => {
      for (const child of [edge, children.gateway, children.service]) await endChild(child)
      await nats.stop()
    },
  }
}

function path(file: string): string {
  return fileURLToPath(new URL(file, root))
}

/** The memory of a process, in MiB: now, and at its most. */
export function memoryMiB(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const value = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
  return { now: value("VmRSS"), most: value("VmHWM") }
}

/** The CPU time that a process has taken so far, all its threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const [user, system] = fields.split(" ").slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}

/** Begins to count the CPU time of processes; the function that it returns says how much each took since, in seconds. */
export function countCpu(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpuSeconds(pid)] as const)
  return () => Object.fromEntries(before.map(([name, pid, then]) => [name, cpuSeconds(pid) - then]))
}
