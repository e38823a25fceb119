import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { type RunningService, startService } from "../../service/running-service.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { ServiceProcess } from "../helpers/service-process.ts"
import { skip } from "../helpers/skip.ts"
import { useStorefronts } from "../helpers/storefront.ts"
import { suspend } from "../helpers/suspend.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

/** How often a service is killed right after its reset. */
const KILLED = 2

/** The resets that services send over this connection are lost. */
async function withoutResets(url: string): Promise<NatsConnection> {
  const nats = await connect({ servers: url })
  const publish = nats.publish.bind(nats)
  nats.publish = (subject, payload, options) => {
    if (subject !== "system.reset") publish(subject, payload, options)
  }
  return nats
}

describe("services that are killed right after their reset", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const enter = useStorefronts(product)
  const opened = closeAfterEach<{ close(): void }>((stream) => stream.close())
  const services = closeAfterEach<RunningService>((service) => service.stop())

  it("leave every screen right, once a service is there again, even if nothing of its own reset arrives", async function () {
    if (process.env.RESGATE_BIN) skip(this, "the embedded gateway; Resgate gets a resource once after a reset")
    const shop_id = randomUUID()
    await post(`${product.edgeUrl}/publish/${shop_id}`, publishEvents(3, shop_id))
    const client = newClient()
    const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shop_id}.feed`)
    let unsubscribed = false
    feed.on("unsubscribe", () => {
      unsubscribed = true
    })
    const stream = opened(await EventStream.open(`${product.edgeUrl}/stream/${shop_id}?replay=100`))
    await stream.count(3)
    const sessionId = randomUUID()
    const host = await enter(sessionId)
    await host.start("Host")
    const guest = await enter(sessionId)
    await guest.join("Guest")
    await host.shows("Host* Guest")

    await product.stopService()
    for (let i = 0; i < KILLED; i++) {
      const service = await ServiceProcess.start({ natsPort: product.natsServer.port })
      await until("the service to serve", () => service.shards > 0)
      // So that it surely leaves the gets without an answer that follow a reset.
      await suspend(service.pid)
      const asked = new Set<string>()
      const gets = product.nats.subscribe("get.>", { callback: (_, { subject }) => void asked.add(subject) })
      product.nats.publish("system.reset", JSON.stringify({ resources: ["store.>", "session.>"] }))
      await until("gets after the reset", () => [shop_id, sessionId].every((id) => [...asked].join().includes(id)))
      gets.unsubscribe()
      await service.end("SIGKILL")
    }
    await fillLog(product.nats, publishEvent({ shop_id, action: "MEANWHILE" }), 5)
    services(await startService(() => withoutResets(product.natsServer.url), serviceOptions))

    const fresh = await getFeed(product.nats, shop_id)
    expect(fresh).to.have.length(8)
    await until("the stream to be right", () => stream.seqs.length === 8)
    expect(stream.seqs).to.deep.equal(fresh.map(({ seq }) => seq).toReversed())
    await until("resclient to be right", () => feed.length === 8)
    expect([...feed]).to.deep.equal(fresh)
    expect((await get(`${gateway.url}/api/store/${shop_id}/feed`)).body).to.deep.equal(fresh)

    const updated = publishEvent({ shop_id, action: "AFTER" })
    await post(`${product.edgeUrl}/publish/${shop_id}`, updated)
    await until("the next event", () => feed.length === 9 && stream.seqs.length === 9)
    expect([...feed]).to.deep.equal(await getFeed(product.nats, shop_id))
    expect(unsubscribed, "unsubscribed").to.equal(false)
    guest.send("updateCart", { customerId: guest.customerId, cartContent: { items: 1 } })
    await until(
      "the guest's cart",
      () => host.sees?.[1]?.content !== undefined && JSON.stringify(host.sees[1].content) === '{"items":1}',
    )
  })
})
