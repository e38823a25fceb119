import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect } from "nats"
import { StandbyService } from "../../service/standby.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { type Product, serviceOptions, startProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

const DEADLINE_MS = 20_000

describe("StandbyService", () => {
  let product: Product
  let others: StandbyService[] = []
  let active: StandbyService[] = []

  before(async () => {
    product = await startProduct()
  })

  afterEach(async () => {
    await Promise.all(others.map((service) => service.stop()))
    others = []
    active = []
  })

  after(() => product.stop())

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
    await product.restartService()
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

  it("rejects when it cannot be opened the first time", async () => {
    const service = new StandbyService(() => Promise.reject(new Error("no NATS")), serviceOptions)
    const error = await service.active.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(Error).with.property("message", "no NATS")
  })
})
