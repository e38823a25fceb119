import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { SHARDS } from "../../service/shards.ts"
import { Random } from "../../tools/demo/random.ts"
import { startGateway, type TestGateway } from "../helpers/gateway.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { ServiceProcess } from "../helpers/service-process.ts"
import { ShopWitness } from "../helpers/shop-witness.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

/** For each step; nothing here takes longer than a few seconds on a quiet machine. */
const DEADLINE_MS = 60_000
/** How long links are cut and processes stopped, in s. The longest that a lease survives is 3. */
const PAUSES_S = (process.env.SHARDING_TEST_PAUSES ?? "1,4,10").split(",").map(Number)
/** Stops and cuts at random; by hand, take 100. The seed gives the same ones again. */
const RANDOM_PAUSES = Number(process.env.SHARDING_TEST_RANDOM_PAUSES ?? 6)
const SEED = Number(process.env.SHARDING_TEST_SEED ?? Date.now() % 1_000_000)
/** Shops that are published to and watched at the same time: enough that each process owns some. */
const SHOPS = 6

describe("several service processes share shops and sessions", function () {
  this.timeout(4 * DEADLINE_MS)
  const product = useProduct()
  let services: ServiceProcess[] = []
  let gateway: TestGateway
  let client: Client

  use(async () => {
    await product.stopService()
    gateway = await startGateway(product.natsServer.url)
    client = resClient(gateway.wsUrl)
    return {
      stop: async () => {
        client.disconnect()
        await gateway.stop()
        await Promise.all(services.map((service) => service.end()))
      },
    }
  })

  const start = async (clockAheadMs = 0): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start({ natsPort: product.natsServer.port, clockAheadMs })
    services.push(service)
    return service
  }

  const end = async (service: ServiceProcess, signal?: "SIGTERM" | "SIGKILL"): Promise<void> => {
    services = services.filter((each) => each !== service)
    await service.end(signal)
  }

  /** Waits until these own all shards, each about as many as the others. */
  const share = (...owners: readonly ServiceProcess[]) =>
    until(
      `${owners.length} to share all shards`,
      () => {
        const counts = owners.map(({ shards }) => shards)
        const total = counts.reduce((sum, count) => sum + count, 0)
        return total === SHARDS && Math.max(...counts) - Math.min(...counts) <= 1
      },
      DEADLINE_MS,
    )

  /** Has `count` services run and share the shards. */
  const run = async (count: number): Promise<ServiceProcess[]> => {
    for (const service of services.slice(count)) await end(service, "SIGTERM")
    await Promise.all(Array.from({ length: count - services.length }, () => start()))
    await share(...services)
    return services
  }

  // resclient keeps a resource while somebody listens to it.
  const onAdd = (): void => {}
  const sequencesOf = (feed: Iterable<ShownEvent>): number[] => [...feed].map(({ seq }) => seq)

  /** Lets a fault happen while shops are published to and watched, and checks what their watchers have seen. */
  const during = async (fault: () => Promise<void>): Promise<void> => {
    const shopIds = Array.from({ length: SHOPS }, () => randomUUID())
    const witnesses = await Promise.all(shopIds.map((shopId) => ShopWitness.start(product, shopId)))
    const feeds = await Promise.all(
      shopIds.map(async (shopId) => {
        const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shopId}.feed`)
        feed.on("add", onAdd)
        return feed
      }),
    )
    const goOn = async (what: string): Promise<void> => {
      const before = witnesses.map(({ acknowledged }) => acknowledged.length)
      await until(
        what,
        () => witnesses.every((each, i) => each.acknowledged.length > (before[i] ?? 0) + 5),
        DEADLINE_MS,
      )
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
      await until(
        "the gateway's client to have what a fresh get gives",
        async () => isDeepStrictEqual(sequencesOf(feeds[i] ?? []), sequencesOf(await getFeed(product.nats, shopId))),
        DEADLINE_MS,
      )
      feeds[i]?.off("add", onAdd)
    }
  }

  const pause = async (service: ServiceProcess, pauseMs: number): Promise<void> => {
    service.signal("SIGSTOP")
    await sleep(pauseMs)
    service.signal("SIGCONT")
  }
  const cut = async ({ link }: ServiceProcess, pauseMs: number): Promise<void> => {
    link.stall()
    await sleep(pauseMs)
    link.heal()
  }

  it("evenly, when three start together", async () => {
    await run(3)
    await during(() => sleep(1000))
  })

  it("with one more that joins, and without one that is asked to stop", async () => {
    const [first, second] = await run(2)
    if (first === undefined || second === undefined) throw new Error("expected two")
    await during(async () => {
      const third = await start()
      await share(first, second, third)
      await end(first, "SIGTERM")
      await share(second, third)
    })
  })

  it("without one that is killed", async () => {
    const [first, second] = await run(2)
    if (first === undefined || second === undefined) throw new Error("expected two")
    await during(async () => {
      await end(first, "SIGKILL")
      await share(second)
    })
  })

  for (const seconds of PAUSES_S) {
    it(`after the link of one is cut for ${seconds} s and healed`, async () => {
      const [first] = await run(2)
      await during(async () => {
        if (first !== undefined) await cut(first, seconds * 1000)
        await share(...services)
      })
    })

    it(`after one is stopped for ${seconds} s and goes on`, async () => {
      const [first] = await run(2)
      await during(async () => {
        if (first !== undefined) await pause(first, seconds * 1000)
        await share(...services)
      })
    })
  }

  it(`while three of them are stopped and cut off at random, ${RANDOM_PAUSES} times [seed ${SEED}]`, async function () {
    this.timeout(4 * DEADLINE_MS + RANDOM_PAUSES * 5000)
    await run(3)
    const random = new Random(SEED)
    await during(async () => {
      const pausing: Promise<void>[] = []
      for (let i = 0; i < RANDOM_PAUSES; i++) {
        await sleep(random.int(0, 2000))
        const service = random.pick(services)
        // Half of them about as long as a lease lasts.
        const pauseMs = random.chance(0.5) ? random.int(2500, 4500) : random.int(50, 6000)
        pausing.push(random.chance(0.3) ? cut(service, pauseMs) : pause(service, pauseMs))
      }
      await Promise.all(pausing)
      await share(...services)
    })
  })

  it("and keep shared carts going: for old sockets, which see no break, and for resclient", async () => {
    const ids = Array.from({ length: SHOPS }, () => `s-${randomUUID().slice(0, 13)}`)
    const [first] = await run(2)
    if (first === undefined) throw new Error("expected two")
    const hosts = await Promise.all(ids.map((id) => Storefront.open(product.edgeUrl, id)))
    try {
      await Promise.all(hosts.map((host) => host.start("Host")))
      const lists = await Promise.all(
        ids.map(async (id) => {
          const carts = await client.get<ClientCollection<SharedCart>>(`session.${id}.multicart`)
          carts.on("add", () => {})
          return carts
        }),
      )
      let n = 0
      const update = async (): Promise<void> => {
        const cartContent = { n: ++n }
        const isShown = (carts: readonly SharedCart[] | undefined) =>
          isDeepStrictEqual(carts?.[0]?.content, cartContent)
        await Promise.all(
          hosts.map((host, i) =>
            until(`update ${n} to be shown to both`, async () => {
              host.send("updateCart", { customerId: host.customerId, cartContent })
              await sleep(200)
              return isShown(host.sees) && isShown([...(lists[i] ?? [])])
            }),
          ),
        )
      }
      await update()
      first.signal("SIGSTOP")
      await share(...services.filter((service) => service !== first))
      await update()
      first.signal("SIGCONT")
      await share(...services)
      await update()
      for (const other of services.filter((service) => service !== first)) await end(other, "SIGKILL")
      await share(first)
      await update()
      for (const [i, host] of hosts.entries()) {
        expect(host.webSocket.readyState).to.equal(host.webSocket.OPEN)
        const answer = await resRequest(product.nats, `get.session.${ids[i]}.multicart`)
        expect(answer.result.collection).to.have.length(1)
      }
    } finally {
      await Promise.all(hosts.map((host) => host.close()))
    }
  })

  it("after nats-server is killed while one is stopped", async () => {
    const [first] = await run(2)
    await during(async () => {
      first?.signal("SIGSTOP")
      await product.natsServer.kill()
      await sleep(1000)
      await product.restartNats()
      await sleep(2000)
      first?.signal("SIGCONT")
      await share(...services)
    })
  })

  it("with clocks that do not agree: one is an hour ahead, and each takes over from the other", async () => {
    const [first] = await run(1)
    const ahead = await start(3_600_000)
    if (first === undefined) throw new Error("expected one")
    await share(first, ahead)
    await during(async () => {
      first.signal("SIGSTOP")
      await share(ahead)
      first.signal("SIGCONT")
      await share(first, ahead)
      ahead.signal("SIGSTOP")
      await share(first)
      ahead.signal("SIGCONT")
      await share(first, ahead)
    })
  })
})
