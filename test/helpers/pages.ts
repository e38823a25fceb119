import type { GatewayConfig } from "res-service/gateway"
import { startGateway, type TestGateway } from "./gateway.ts"
import { freePort } from "./ports.ts"
import { type Product, type ProductOptions, startProduct } from "./product.ts"
import { use } from "./use.ts"

export interface PagesOptions extends ProductOptions {
  readonly gateway?: GatewayConfig
}

/** The product with a gateway, whose pages know of each other: what a browser needs. */
export interface Pages {
  readonly product: Product
  readonly gateway: TestGateway
  /** The merchant's page of a shop. */
  merchantUrl(shopId: string): string
  stopGateway(): Promise<void>
  /** Starts the gateway again, where it was. */
  startGateway(): Promise<void>
  stop(): Promise<void>
}

/** To be called in a `describe`: one product with a gateway for all its tests. */
export function usePages(options: PagesOptions | (() => PagesOptions) = {}): Pages {
  return use(() => startPages(typeof options === "function" ? options() : options))
}

/** So long that a page is told of a timeout only where nobody answers, and not on a busy machine, in ms. */
const ANSWER_MS = 30_000

/** Starts it all on free ports. The pages must have been built. `stop` leaves nothing behind. */
export async function startPages(options: PagesOptions = {}): Promise<Pages> {
  const port = await freePort()
  const settings = { requestTimeout: ANSWER_MS, ...options.gateway, port }
  const product = await startProduct({ serviceTimeoutMs: ANSWER_MS, ...options, gatewayUrl: `ws://127.0.0.1:${port}` })
  let gateway: TestGateway | undefined = await startGateway(product.natsServer.url, settings)
  const stopGateway = async (): Promise<void> => {
    await gateway?.stop()
    gateway = undefined
  }
  return {
    product,
    get gateway() {
      if (gateway === undefined) throw new Error("the gateway was stopped")
      return gateway
    },
    merchantUrl: (shopId) => `${product.edgeUrl}/merchant/?shop=${shopId}`,
    stopGateway,
    startGateway: async () => {
      gateway = await startGateway(product.natsServer.url, settings)
    },
    stop: async () => {
      await stopGateway()
      await product.stop()
    },
  }
}
