import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect } from "nats"
import { RunningService } from "../../service/running-service.ts"
import { SHARDS } from "../../service/shards.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed, resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

const LOSSES = Number(process.env.LEASE_TEST_LOSSES ?? 5)
const CLIENTS = 30
/** Of each client after four requests, in ms: some hundred requests a second leave the processor something for others. */
const CLIENT_PAUSE_MS = 100

describe("RunningService", () => {
  const product = useProduct()
  let others: RunningService[] = []
  let serving: RunningService[] = []

  beforeEach(async () => {
    await product.restartService()
  })

  afterEach(async () => {
    await Promise.all(others.map((service) => service.stop()))
    others = []
    serving = []
  })

  const bucket = async (): Promise<KV> => await new Kvm(jetstream(product.nats)).open("shopwire-shards")
  const members = async (): Promise<string[]> => {
    const kv = await bucket()
    const found: string[] = []
    for await (const key of await kv.keys("member.*")) found.push(key)
    return found
  }
  /** Ends the leases of all members, as another process would that does not see them renew. Resolves to the members. */
  const loseLeases = async (): Promise<string[]> => {
    const lost = await members()
    const kv = await bucket()
    await Promise.all(lost.map((key) => kv.purge(key)))
    return lost
  }
  const leftovers = (): number =>
    process.getActiveResourcesInfo().filter((type) => type === "Timeout" || type === "TCPSocketWrap").length

  const startAnother = (): RunningService => {
    const service = new RunningService(() => connect({ servers: product.natsServer.url }), serviceOptions)
    others.push(service)
    void service.serving.then(() => serving.push(service))
    return service
  }
  const isShared = (...services: readonly RunningService[]): boolean => {
    const shares = services.map(({ shards }) => shards.length)
    return (
      new Set(services.flatMap(({ shards }) => shards)).size === SHARDS &&
      shares.reduce((sum, share) => sum + share) === SHARDS &&
      Math.max(...shares) - Math.min(...shares) <= 1
    )
  }

  it("several that start together share all shards evenly, and each event is shown once", async () => {
    await product.stopService()
    for (let i = 0; i < 4; i++) startAnother()
    await until("even shares", () => isShared(...others))
    const shops = Array.from({ length: 8 }, () => randomUUID())
    const watchers = await Promise.all(shops.map((shopId) => FeedWatcher.watch(product.nats, shopId)))
    await Promise.all(
      shops.map(async (shopId) => {
        for (const event of publishEvents(10, shopId)) await post(`${product.edgeUrl}/publish/${shopId}`, event)
      }),
    )
    for (const watcher of watchers) {
      await watcher.settled()
      expect(watcher.eventNames).to.deep.equal(Array(10).fill("add"))
    }
  })

  it("shares with one that joins, and takes all shards again when that one has stopped", async () => {
    const second = startAnother()
    await until("even shares", () => isShared(product.service, second))
    await second.stop()
    others = []
    await until("all shards", () => isShared(product.service))
  })

  it("hands its shards over without one failed request, under gets, publishes and calls of many clients", async () => {
    const failures: string[] = []
    let isOver = false
    let answers = 0
    let started = 0
    const ask = async (subject: string, payload: unknown): Promise<void> => {
      const { error } = await resRequest(product.nats, subject, payload)
      answers++
      if (error !== undefined) failures.push(`${subject}: ${error.code}`)
    }
    const client = async (n: number): Promise<void> => {
      const shop_id = randomUUID()
      const session = `session-${n}`
      const cid = `c${n}`
      // All at once, and before any shard moves: a busy machine may refuse some.
      await until("a session to start", async () => {
        const start = { cid, params: { customerName: "Ann" } }
        return (await resRequest(product.nats, `call.session.${session}.multicart.start`, start)).error === undefined
      })
      started++
      for (let i = 0; !isOver; i++, await sleep(CLIENT_PAUSE_MS)) {
        await ask(`get.store.${shop_id}.feed`, {})
        await ask(`call.store.${shop_id}.feed.publish`, { cid, params: publishEvent({ shop_id, action_id: i }) })
        await ask(`get.session.${session}.multicart`, {})
        await ask(`call.session.${session}.multicart.keepAlive`, { cid })
      }
      expect(await getFeed(product.nats, shop_id)).to.have.length.above(0)
    }
    const clients = Array.from({ length: CLIENTS }, (_, n) => client(n))
    // A client that stops early fails the test at once.
    const failed = Promise.race(clients)
    const moves = async (): Promise<void> => {
      await until("all sessions to be started", () => started === CLIENTS)
      const [second, third] = [startAnother(), startAnother()]
      await until("shares of three", () => isShared(product.service, second, third))
      await product.stopService()
      await until("shares of two", () => isShared(second, third))
      await second.stop()
      await until("all shards", () => isShared(third))
      await until("many answers", () => answers > 10 * CLIENTS)
    }
    await Promise.race([moves(), failed])
    isOver = true
    await Promise.all(clients)
    expect(failures).to.deep.equal([])
  })

  it("stops while it begins, and while it waits for NATS", async () => {
    const beginning = startAnother()
    const waiting = new RunningService(() => new Promise(() => {}), serviceOptions)
    await Promise.all([beginning.stop(), waiting.stop()])
    await sleep(10)
    expect(beginning.shards).to.deep.equal([])
    expect(waiting.shards).to.deep.equal([])
    others = others.filter((service) => service !== beginning)
  })

  it("connects again when a later connection is refused at first", async () => {
    await product.stopService()
    let connections = 0
    const service = new RunningService(async () => {
      if (++connections === 2) throw new Error("refused")
      return await connect({ servers: product.natsServer.url })
    }, serviceOptions)
    others.push(service)
    await service.serving
    await loseLeases()
    await until("it to connect again", () => connections > 2)
    await until("it to answer", () => getFeed(product.nats, randomUUID()).catch(() => undefined))
  })

  for (const count of [1, 2]) {
    it(`sends no reset while nobody listens, given ${count} of them: gateways would drop their subscriptions`, async () => {
      await product.stopService()
      for (let i = 0; i < count; i++) startAnother()
      await until("all shards to be served", () => isShared(...others))
      // What is watched is reset.
      const shops = Array.from({ length: 20 }, () => randomUUID())
      await Promise.all(shops.map((shopId) => getFeed(product.nats, shopId)))
      /** What the gets after each reset are answered with. */
      const answers: Promise<string[]>[] = []
      const ask = async (): Promise<string[]> => {
        const answering = shops.map((shopId) =>
          resRequest(product.nats, `get.store.${shopId}.feed`).catch((cause: unknown) => ({
            error: { code: String(cause) },
          })),
        )
        return (await Promise.all(answering)).map(({ error }) => error?.code ?? "answered")
      }
      const subscription = product.nats.subscribe("system.reset", { callback: () => void answers.push(ask()) })
      for (let i = 1; i <= 3; i++) {
        const before = answers.length
        const lost = await loseLeases()
        await until("the next term", async () => (await members()).some((key) => !lost.includes(key)))
        await until("all shards to be served again", () => isShared(...others))
        await until("the next term's reset", () => answers.length > before)
        // A get that still waits when the lease ends is refused.
        await Promise.all(answers)
      }
      // Resets are repeated until the gets that follow are surely answered.
      await until("a reset whose gets are all answered", async () =>
        (await answers.at(-1))?.every((code) => code === "answered"),
      )
      subscription.unsubscribe()
      const all = await Promise.all(answers)
      // A request may wait in a process that learns only then that its lease has ended. Gateways keep what they show when it is refused.
      const refusals = count === 1 ? [] : ["system.serviceUnavailable"]
      expect(["answered", ...refusals]).to.include.members(all.flat())
    })
  }

  it("leaves nothing behind of terms that end by the loss of the lease", async () => {
    await product.stopService()
    const service = startAnother()
    await service.serving
    const loseIt = async (): Promise<void> => {
      const lost = await loseLeases()
      await until("the next term", async () => (await members()).some((key) => !lost.includes(key)))
      await until("all shards to be served", () => isShared(service))
      await until("it to answer", () => getFeed(product.nats, randomUUID()).catch(() => undefined))
    }
    await loseIt()
    const before = leftovers()
    for (let i = 0; i < LOSSES; i++) await loseIt()
    await until("all of it to be gone", () => leftovers() <= before).catch(() => {
      expect(leftovers(), "timers and sockets").to.be.at.most(before)
    })
  })

  it("owns nothing any more when it has stopped", async () => {
    const service = startAnother()
    await service.serving
    expect(service.shards).to.not.deep.equal([])
    await service.stop()
    others = []
    expect(service.shards).to.deep.equal([])
    expect(await members()).to.have.length(1)
  })

  it("rejects when it cannot be opened the first time", async () => {
    const service = new RunningService(() => Promise.reject(new Error("no NATS")), serviceOptions)
    const error = await service.serving.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(Error).with.property("message", "no NATS")
  })
})
