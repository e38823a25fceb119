import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { Random } from "../../tools/demo/random.ts"
import { atOnce } from "../helpers/at-once.ts"
import { resRequest } from "../helpers/res.ts"
import type { ServiceProcess } from "../helpers/service-process.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { cut, pause, SHOPS, ShardingKit } from "./sharding-kit.ts"

/** How long links are cut and processes stopped, in s. The longest that a lease survives is 3. */
const PAUSES_S = (process.env.SHARDING_TEST_PAUSES ?? "1,4,10").split(",").map(Number)
/** Stops and cuts at random; by hand, take 100. The seed gives the same ones again. */
const RANDOM_PAUSES = Number(process.env.SHARDING_TEST_RANDOM_PAUSES ?? 6)
const SEED = Number(process.env.SHARDING_TEST_SEED ?? Date.now() % 1_000_000)
/** Cases that run at a time: most of the time they wait for leases to end. */
const KITS = 4

/** The two services that run. */
async function runTwo(kit: ShardingKit): Promise<[ServiceProcess, ServiceProcess]> {
  const [first, second] = await kit.run(2)
  if (first === undefined || second === undefined) throw new Error("expected two")
  return [first, second]
}

describe("several service processes share shops and sessions", function () {
  this.timeout(4 * PATIENCE_MS + RANDOM_PAUSES * 5000)

  atOnce(
    () => ShardingKit.start(),
    {
      "evenly, when three start together": async (kit) => {
        await kit.run(3)
        await kit.during(() => sleep(1000))
      },

      "with one more that joins, and without one that is asked to stop": async (kit) => {
        const [first, second] = await runTwo(kit)
        await kit.during(async () => {
          const third = await kit.add()
          await kit.share(first, second, third)
          await kit.end(first, "SIGTERM")
          await kit.share(second, third)
        })
      },

      "without one that is killed": async (kit) => {
        const [first, second] = await runTwo(kit)
        await kit.during(async () => {
          await kit.end(first, "SIGKILL")
          await kit.share(second)
        })
      },

      ...Object.fromEntries(
        PAUSES_S.flatMap((seconds) => [
          [`after the link of one is cut for ${seconds} s and healed`, disturbed(cut, seconds)],
          [`after one is stopped for ${seconds} s and goes on`, disturbed(pause, seconds)],
        ]),
      ),

      [`while three of them are stopped and cut off at random, ${RANDOM_PAUSES} times [seed ${SEED}]`]: async (kit) => {
        await kit.run(3)
        const random = new Random(SEED)
        await kit.during(async () => {
          const pausing: Promise<void>[] = []
          for (let i = 0; i < RANDOM_PAUSES; i++) {
            await sleep(random.int(0, 2000))
            const service = random.pick(kit.services)
            // Half of them about as long as a lease lasts.
            const pauseMs = random.chance(0.5) ? random.int(2500, 4500) : random.int(50, 6000)
            pausing.push(random.chance(0.3) ? cut(service, pauseMs) : pause(service, pauseMs))
          }
          await Promise.all(pausing)
          await kit.share(...kit.services)
        })
      },

      "and keep shared carts going: for old sockets, which see no break, and for resclient": async (kit) => {
        const ids = Array.from({ length: SHOPS }, () => `s-${randomUUID().slice(0, 13)}`)
        const [first, second] = await runTwo(kit)
        const hosts = await Promise.all(ids.map((id) => Storefront.open(kit.product.edgeUrl, id)))
        try {
          await Promise.all(hosts.map((host) => host.start("Host")))
          const lists = await Promise.all(
            ids.map(async (id) => {
              const carts = await kit.get<SharedCart>(`session.${id}.multicart`)
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
          await kit.share(second)
          await update()
          first.signal("SIGCONT")
          await kit.share(first, second)
          await update()
          await kit.end(second, "SIGKILL")
          await kit.share(first)
          await update()
          for (const [i, host] of hosts.entries()) {
            expect(host.webSocket.readyState).to.equal(host.webSocket.OPEN)
            const answer = await resRequest(kit.product.nats, `get.session.${ids[i]}.multicart`)
            expect(answer.result.collection).to.have.length(1)
          }
        } finally {
          await Promise.all(hosts.map((host) => host.close()))
        }
      },

      "after nats-server is killed while one is stopped": async (kit) => {
        const [first] = await runTwo(kit)
        await kit.during(async () => {
          first.signal("SIGSTOP")
          await kit.product.natsServer.kill()
          await sleep(1000)
          await kit.product.restartNats()
          await sleep(2000)
          first.signal("SIGCONT")
          await kit.share(...kit.services)
        })
      },

      "with clocks that do not agree: one is an hour ahead, and each takes over from the other": async (kit) => {
        const [first] = await kit.run(1)
        if (first === undefined) throw new Error("expected one")
        const ahead = await kit.add(3_600_000)
        await kit.share(first, ahead)
        await kit.during(async () => {
          first.signal("SIGSTOP")
          await kit.share(ahead)
          first.signal("SIGCONT")
          await kit.share(first, ahead)
          ahead.signal("SIGSTOP")
          await kit.share(first)
          ahead.signal("SIGCONT")
          await kit.share(first, ahead)
        })
        // The next case wants services with the right time.
        await kit.end(ahead, "SIGTERM")
      },
    },
    { atATime: KITS, reuse: true },
  )
})

/** A test with two services. One of them is disturbed for this time. */
function disturbed(disturb: (service: ServiceProcess, pauseMs: number) => Promise<void>, seconds: number) {
  return async (kit: ShardingKit): Promise<void> => {
    const [first] = await runTwo(kit)
    await kit.during(async () => {
      await disturb(first, seconds * 1000)
      await kit.share(...kit.services)
    })
  }
}
