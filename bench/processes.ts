import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { startNats } from "../test/helpers/nats.ts"
import { until } from "../test/helpers/until.ts"

/** The product in processes of its own, compiled: `npm run build` first. */
export interface Processes {
  readonly edgeUrl: string
  readonly gatewayUrl: string
  readonly gatewayWsUrl: string
  readonly natsUrl: string
  readonly pids: { readonly edge: number; readonly gateway: number; readonly service: number; readonly nats: number }
  stop(): Promise<void>
}

const root = new URL("../", import.meta.url)

/** Starts nats-server, service, gateway (RESGATE_BIN, else the embedded one) and edge, and waits until they answer. */
export async function startProcesses(): Promise<Processes> {
  const nats = await startNats()
  const [edgePort, gatewayPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    NATS_URL: nats.url,
    EDGE_PORT: String(edgePort),
    GATEWAY_PORT: String(gatewayPort),
    HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
  }
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
  const service = run(process.execPath, [path("dist/service/main.js")], env)
  const edge = run(process.execPath, [path("dist/edge/main.js")], env)
  const resgate = process.env.RESGATE_BIN
  const gateway = resgate
    ? run(resgate, gatewayArgs, env)
    : run(process.execPath, [path("res-service/dist/gateway/main.js"), ...gatewayArgs], env)

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
    pids: { edge: edge.pid ?? 0, gateway: gateway.pid ?? 0, service: service.pid ?? 0, nats: nats.pid ?? 0 },
    stop: async () => {
      for (const child of [edge, gateway, service]) await end(child)
      await nats.stop()
    },
  }
}

function path(file: string): string {
  return fileURLToPath(new URL(file, root))
}

function run(file: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(file, args, { env, stdio: ["ignore", "ignore", "inherit"] })
  process.once("exit", () => child.kill("SIGKILL"))
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, "exit")
  child.kill()
  await exited
}

/** A port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
