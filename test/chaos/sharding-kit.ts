import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { SHARDS } from "../../service/shards.ts"
import { startGateway, type TestGateway } from "../helpers/gateway.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { ServiceProcess } from "../helpers/service-process.ts"
import { ShopWitness } from "../helpers/shop-witness.ts"
import { until } from "../helpers/until.ts"

/** Shops that are published to and watched at the same time: enough that each process owns some. */
export const SHOPS = 6

/** Several service processes, a gateway, and a client of it. */
export class ShardingKit {
  readonly product: Product
  readonly client: Client
  readonly #gateway: TestGateway
  #services: ServiceProcess[] = []

  private constructor(product: Product, gateway: TestGateway) {
    this.product = product
    this.client = resClient(gateway.wsUrl)
    this.#gateway = gateway
  }

  static async start(): Promise<ShardingKit> {
    const product = await startProduct()
    await product.stopService()
    return new ShardingKit(product, await startGateway(product.natsServer.url))
  }

  get services(): readonly ServiceProcess[] {
    return this.#services
  }

  async stop(): Promise<void> {
    this.client.disconnect()
    await this.#gateway.stop()
    await Promise.all(this.#services.map((service) => service.end()))
    await this.product.stop()
  }

  async add(clockAheadMs = 0): Promise<ServiceProcess> {
    const service = await ServiceProcess.start({ natsPort: this.product.natsServer.port, clockAheadMs })
    this.#services.push(service)
    return service
  }

  async end(service: ServiceProcess, signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#services = this.#services.filter((each) => each !== service)
    await service.end(signal)
  }

  /** Waits until these own all shards, each about as many as the others. */
  async share(...owners: readonly ServiceProcess[]): Promise<void> {
    await until(`${owners.length} to share all shards`, () => {
      const counts = owners.map(({ shards }) => shards)
      const total = counts.reduce((sum, count) => sum + count, 0)
      return total === SHARDS && Math.max(...counts) - Math.min(...counts) <= 1
    })
  }

  /** Has `count` services run and share the shards. */
  async run(count: number): Promise<readonly ServiceProcess[]> {
    for (const service of this.#services.slice(count)) await this.end(service, "SIGTERM")
    await Promise.all(Array.from({ length: count - this.#services.length }, () => this.add()))
    await this.share(...this.#services)
    return this.#services
  }

  /** Gets a list by the client. Processes that just start may take longer than the gateway waits. */
  get<T>(rid: string): Promise<ClientCollection<T>> {
    return until(`${rid} to be got`, () => this.client.get<ClientCollection<T>>(rid).catch(() => undefined))
  }

  /** Lets a fault happen while shops are published to and watched, and checks what their watchers have seen. */
  async during(fault: () => Promise<void>): Promise<void> {
    const { product } = this
    const shopIds = Array.from({ length: SHOPS }, () => randomUUID())
    const witnesses = await Promise.all(shopIds.map((shopId) => ShopWitness.start(product, shopId)))
    const feeds = await Promise.all(
      shopIds.map(async (shopId) => {
        const feed = await this.get<ShownEvent>(`store.${shopId}.feed`)
        feed.on("add", onAdd)
        return feed
      }),
    )
    const goOn = async (what: string): Promise<void> => {
      const before = witnesses.map(({ acknowledged }) => acknowledged.length)
      await until(what, () => witnesses.every((each, i) => each.acknowledged.length > (before[i] ?? 0) + 5))
    }
    try {
      await goOn("the first events to be acknowledged")
      await fault()
      await goOn("events to be acknowledged after the fault")
    } finally {
      await Promise.all(witnesses.map((witness) => witness.stop()))
    }
    for (const witness of witnesses) {
      expect(witness.repeatedAnswers, "requests with more than one answer").to.equal(0)
      expect(witness.repeatedAdds, "events shown twice").to.deep.equal([])
      expect(witness.isInOrder, "events in the log's order").to.equal(true)
      expect(await witness.missing(), "acknowledged events that are not in the feed").to.deep.equal([])
    }
    for (const [i, shopId] of shopIds.entries()) {
      await until("the gateway's client to have what a fresh get gives", async () =>
        isDeepStrictEqual(sequencesOf(feeds[i] ?? []), sequencesOf(await getFeed(product.nats, shopId))),
      )
      feeds[i]?.off("add", onAdd)
    }
  }
}

export async function pause(service: ServiceProcess, pauseMs: number): Promise<void> {
  service.signal("SIGSTOP")
  await sleep(pauseMs)
  service.signal("SIGCONT")
}

export async function cut({ link }: ServiceProcess, pauseMs: number): Promise<void> {
  link.stall()
  await sleep(pauseMs)
  link.heal()
}

// resclient keeps a resource while somebody listens to it.
function onAdd(): void {}

function sequencesOf(feed: Iterable<ShownEvent>): number[] {
  return [...feed].map(({ seq }) => seq)
}
