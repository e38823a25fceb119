import { readFileSync } from "node:fs"
import type { Context } from "mocha"
import { connectOncePerTurn, natsConn } from "res-service"
import { createGateway, type GatewayConfig, type GatewayOptions } from "res-service/gateway"
import { loadSettings } from "../../config/settings.ts"
import { natsOptions } from "../../res-service/src/gateway/nats-options.ts"
import { spawnGateway } from "../vectors/spawned-gateway.ts"
import type { Product } from "./product.ts"
import { skip } from "./skip.ts"
import { use } from "./use.ts"

/** With these a gateway asks the service who connects: from what address, by what token. */
export const headerAuth = { headerAuth: "shopwire.auth.header", wsHeaderAuth: "shopwire.auth.wsHeader" }

/** A gateway of one suite, with the product's own configuration. */
export interface TestGateway {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** For resclient: `ws://127.0.0.1:<port>` */
  readonly wsUrl: string
  stop(): Promise<void>
}

/** To be called in a `describe`: one gateway to `product` for all its tests. */
export function useGateway(product: Product, settings: GatewayConfig = {}): TestGateway {
  return use(() => startGateway(product.natsServer.url, settings))
}

/**
 * Starts a gateway on a free port, or that of `settings`: the real Resgate when RESGATE_BIN names it, else the embedded one.
 *
 * @param settings on top of the product's configuration
 * @param options of the embedded gateway
 */
export async function startGateway(
  natsUrl: string,
  settings: GatewayConfig = {},
  options: GatewayOptions = {},
): Promise<TestGateway> {
  const file = readFileSync(new URL("../../resgate.config.json", import.meta.url), "utf8")
  const config: Record<string, unknown> = { ...JSON.parse(file), ...settings }
  const { RESGATE_BIN } = loadSettings(["RESGATE_BIN"])
  if (RESGATE_BIN !== undefined) {
    const { url, stop } = await spawnGateway(`${RESGATE_BIN} --config {config}`, config, natsUrl)
    return { url, wsUrl: url.replace("http", "ws"), stop }
  }
  const nats = await connectOncePerTurn({ ...natsOptions({ natsUrl }), reconnectTimeWait: 50 })
  const gateway = createGateway(natsConn(nats), { port: 0, ...config, addr: "127.0.0.1" }, options)
  await gateway.start()
  const address = `127.0.0.1:${gateway.address.port}`
  return {
    url: `http://${address}`,
    wsUrl: `ws://${address}`,
    stop: async () => {
      await gateway.close()
      await nats.close()
    },
  }
}

/** Skips a test in which the gateway must live on while NATS is away. */
export function skipIfGatewayEndsWithNats(context: Context): void {
  const { RESGATE_BIN } = loadSettings(["RESGATE_BIN"])
  if (RESGATE_BIN === undefined) return
  skip(context, "a gateway that lives on without NATS; Resgate ends, for its starter to start it again")
}
