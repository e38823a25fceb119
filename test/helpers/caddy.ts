import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { findCaddy, NO_CADDY } from "../../tools/install/caddy.ts"
import type { TestGateway } from "./gateway.ts"
import { freePort } from "./ports.ts"
import type { Product } from "./product.ts"
import { skip } from "./skip.ts"
import { until } from "./until.ts"
import { use } from "./use.ts"

const caddyfile = fileURLToPath(new URL("../../config/Caddyfile", import.meta.url))

/** The proxy of docker-compose.yml, on this machine. */
export interface TestProxy {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  stop(): Promise<void>
}

/** To be called in a `describe`: one proxy for all its tests, which are skipped where there is no Caddy. */
export function useProxy(product: Product, gateway: TestGateway): TestProxy {
  return use(async (context) => {
    return (await startProxy({ edge: product.edgeUrl, gateway: gateway.url })) ?? skip(context, NO_CADDY)
  })
}

/** Runs Caddy with the product's own configuration, on a free port; undefined when this machine has none. */
export async function startProxy(options: {
  readonly edge: string
  readonly gateway: string
  /** Most connections to the gateway. */
  readonly maxGatewayConnections?: number
}): Promise<TestProxy | undefined> {
  const file = findCaddy()
  if (file === undefined) return undefined
  const port = await freePort()
  const home = await mkdtemp(join(tmpdir(), "shopwire-caddy-"))
  const child: ChildProcess = spawn(file, ["run", "--config", caddyfile, "--adapter", "caddyfile"], {
    env: {
      ...process.env,
      HOME: home,
      BIND_ADDRESS: "127.0.0.1",
      SITE_ADDRESS: `:${port}`,
      EDGE_ADDRESS: new URL(options.edge).host,
      GATEWAY_ADDRESS: new URL(options.gateway).host,
      ...(options.maxGatewayConnections && { GATEWAY_MAX_CONNECTIONS: String(options.maxGatewayConnections) }),
    },
    stdio: ["ignore", "ignore", "pipe"],
  })
  // In case the test run itself is ended in the middle.
  const lastResort = () => child.kill("SIGKILL")
  process.once("exit", lastResort)
  let log = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-10_000)
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const gone = once(child, "exit")
      child.kill("SIGKILL")
      await gone
    }
    process.off("exit", lastResort)
    await rm(home, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await until("Caddy to answer", async () => {
      if (child.exitCode !== null) throw new Error("it ended")
      return await fetch(url, { redirect: "manual" }).then(
        () => true,
        () => false,
      )
    })
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${log}`)
  }
  return { url, stop }
}
