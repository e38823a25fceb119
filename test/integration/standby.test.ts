import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { type RunningService, startService } from "../../service/service.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { type Product, serviceOptions, startProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

describe("several services", () => {
  let product: Product
  const connections: NatsConnection[] = []
  const running: RunningService[] = []

  before(async () => {
    product = await startProduct()
  })

  after(async () => {
    for (const service of running) await service.stop()
    await Promise.all(connections.map((nc) => nc.close()))
    await product.stop()
  })

  async function another() {
    const nc = await connect({ servers: product.natsServer.url })
    connections.push(nc)
    const starting = startService(nc, serviceOptions).then((service) => {
      running.push(service)
      return service
    })
    // Those that still stand by at the end reject when their connection is closed.
    starting.catch(() => {})
    return { starting }
  }

  it("show each event once: one is active, and when it ends another takes over", async () => {
    const shopId = randomUUID()
    const publish = (event: { shop_id: string }) => post(`${product.edgeUrl}/publish/${shopId}`, event)
    const second = await another()
    let active = false
    void second.starting.then(() => {
      active = true
    })

    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const event of publishEvents(20, shopId)) await publish(event)
    await watcher.settled()
    expect(watcher.eventNames).to.deep.equal(Array(20).fill("add"))
    expect(active).to.equal(false)

    await product.stopService()
    await until("the other to take over", () => active)
    expect((await publish(publishEvent({ shop_id: shopId }))).status).to.equal(200)
    expect(await getFeed(product.nats, shopId)).to.have.length(21)
    await (await second.starting).stop()
    running.length = 0
  })

  it("that start at the same moment end up with one that is active", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, another))
    const active: number[] = []
    for (const [i, { starting }] of all.entries())
      void starting.then(
        () => active.push(i),
        () => {},
      )
    await until("one to be active", () => active.length > 0)
    const shopId = randomUUID()
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const event of publishEvents(10, shopId)) await post(`${product.edgeUrl}/publish/${shopId}`, event)
    await watcher.settled()
    expect(watcher.eventNames).to.deep.equal(Array(10).fill("add"))
    expect(active).to.have.length(1)
  })
})
