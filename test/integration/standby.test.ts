import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect } from "nats"
import { StandbyService } from "../../service/standby.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed, resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

const DEADLINE_MS = 20_000
const LOSSES = Number(process.env.LEASE_TEST_LOSSES ?? 5)

describe("StandbyService", () => {
  const product = useProduct()
  let others: StandbyService[] = []
  let active: StandbyService[] = []

  beforeEach(async () => {
    await product.restartService()
  })

  afterEach(async () => {
    await Promise.all(others.map((service) => service.stop()))
    others = []
    active = []
  })

  const lease = async () => await (await new Kvm(product.nats).open("leases")).get("service")
  const loseLease = async (): Promise<void> => (await new Kvm(product.nats).open("leases")).purge("service")
  const termOf = async (): Promise<number> => {
    const entry = await lease().catch(() => null)
    return entry?.operation === "PUT" ? entry.revision : 0
  }
  const leftovers = (): number =>
    process.getActiveResourcesInfo().filter((type) => type === "Timeout" || type === "TCPSocketWrap").length

  const startAnother = (): StandbyService => {
    const service = new StandbyService(() => connect({ servers: product.natsServer.url }), serviceOptions)
    others.push(service)
    void service.active.then(() => active.push(service))
    return service
  }

  it("serves when the active one has stopped, and not before", async () => {
    const shopId = randomUUID()
    const publish = (event: { shop_id: string }) => post(`${product.edgeUrl}/publish/${shopId}`, event)
    const second = startAnother()
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const event of publishEvents(20, shopId)) await publish(event)
    await watcher.settled()
    expect(watcher.eventNames).to.deep.equal(Array(20).fill("add"))
    expect(active).to.deep.equal([])

    await product.stopService()
    await until("the other to take over", () => active.length > 0, DEADLINE_MS)
    expect(active).to.deep.equal([second])
    expect((await publish(publishEvent({ shop_id: shopId }))).status).to.equal(200)
    expect(await getFeed(product.nats, shopId)).to.have.length(21)
    await second.stop()
    others = []
  })

  it("one of four that start together is active, and each event is shown once", async () => {
    await product.stopService()
    for (let i = 0; i < 4; i++) startAnother()
    await until("one to be active", () => active.length > 0, DEADLINE_MS)
    const shopId = randomUUID()
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const event of publishEvents(10, shopId)) await post(`${product.edgeUrl}/publish/${shopId}`, event)
    await watcher.settled()
    expect(watcher.eventNames).to.deep.equal(Array(10).fill("add"))
    expect(active).to.have.length(1)
  })

  it("stops while it stands by, and while it waits for NATS", async () => {
    const standby = startAnother()
    const waiting = new StandbyService(() => new Promise(() => {}), serviceOptions)
    await Promise.all([standby.stop(), waiting.stop()])
    expect(active.includes(standby)).to.equal(false)
    others = others.filter((service) => service !== standby)
  })

  it("connects again when a later connection is refused at first", async () => {
    await product.stopService()
    let connections = 0
    const service = new StandbyService(async () => {
      if (++connections === 2) throw new Error("refused")
      return await connect({ servers: product.natsServer.url })
    }, serviceOptions)
    others.push(service)
    await service.active
    await loseLease()
    await until("it to connect again", () => connections > 2, DEADLINE_MS)
    await until("it to answer", () => getFeed(product.nats, randomUUID()).catch(() => undefined), DEADLINE_MS)
  })

  for (const count of [1, 2]) {
    it(`sends no reset while nobody listens, given ${count} of them: gateways would drop their subscriptions`, async () => {
      await product.stopService()
      for (let i = 0; i < count; i++) startAnother()
      await until("one to be active", () => active.length > 0, DEADLINE_MS)
      const answers: string[] = []
      const ask = async (): Promise<void> => {
        const { error } = await resRequest(product.nats, `get.store.${randomUUID()}.feed`).catch((cause: unknown) => ({
          error: { code: String(cause) },
        }))
        answers.push(error?.code ?? "answered")
      }
      const resets = product.nats.subscribe("system.reset", { callback: () => void ask() })
      for (let i = 1; i <= 3; i++) {
        const before = await termOf()
        await loseLease()
        await until("the next term", async () => (await termOf()) > before, DEADLINE_MS)
        await until("the next term's reset", () => answers.length >= i, DEADLINE_MS)
      }
      // One that loses the lease to another one has something to say, too: when the other one answers.
      await until("the last reset of the one that lost it", () => answers.length >= 2 + count, DEADLINE_MS)
      await sleep(2000)
      resets.unsubscribe()
      expect(new Set(answers)).to.deep.equal(new Set(["answered"]))
    })
  }

  it("leaves nothing behind of terms that end by the loss of the lease", async () => {
    await product.stopService()
    startAnother()
    await until("it to be active", () => active.length > 0, DEADLINE_MS)
    const loseIt = async (): Promise<void> => {
      const before = await termOf()
      await loseLease()
      await until("the next term", async () => (await termOf()) > before, DEADLINE_MS)
      await until("it to answer", () => getFeed(product.nats, randomUUID()).catch(() => undefined), DEADLINE_MS)
    }
    await loseIt()
    const before = leftovers()
    for (let i = 0; i < LOSSES; i++) await loseIt()
    await until("all of it to be gone", () => leftovers() <= before, DEADLINE_MS).catch(() => {
      expect(leftovers(), "timers and sockets").to.be.at.most(before)
    })
  })

  it("never becomes active when it is stopped before", async () => {
    const standby = startAnother()
    await standby.stop()
    await sleep(10)
    expect(active.includes(standby)).to.equal(false)
  })

  it("rejects when it cannot be opened the first time", async () => {
    const service = new StandbyService(() => Promise.reject(new Error("no NATS")), serviceOptions)
    const error = await service.active.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(Error).with.property("message", "no NATS")
  })
})
