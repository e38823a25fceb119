import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { skipIfGatewayEndsWithNats, useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

type FeedOfClient = ClientCollection<ShownEvent>

describe("a live feed, through the gateway", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  const publish = (event: PublishEvent) => post(`${product.edgeUrl}/publish/${event.shop_id}`, event)

  /** Subscribes: resclient keeps a collection up to date while somebody listens to it. */
  async function watch(shopId: string): Promise<{ feed: FeedOfClient; added: ShownEvent[] }> {
    const feed = await newClient().get<FeedOfClient>(`store.${shopId}.feed`)
    const added: ShownEvent[] = []
    feed.on("add", ({ item }) => added.push(item))
    return { feed, added }
  }

  it("brings a POST to resclient as an add event, and only to that shop's", async () => {
    const event = publishEvent()
    const [mine, others] = [await watch(event.shop_id), await watch(randomUUID())]
    const answer = await publish(event)
    await until("the event", () => mine.added.length === 1)
    expect(mine.added[0]).to.deep.include({ ...event, seq: Number(answer.headers.get("x-event-seq")) })
    expect([...mine.feed]).to.deep.equal(mine.added)
    await publish(event)
    await until("the next event", () => mine.added.length === 2)
    expect(others.added).to.deep.equal([])
  })

  it("is a plain array of events, newest first, by HTTP", async () => {
    const shopId = randomUUID()
    expect((await get(`${gateway.url}/api/store/${shopId}/feed`)).body).to.deep.equal([])
    for (const event of publishEvents(3, shopId)) await publish(event)
    // The gateway, which still has the empty feed, may hear of the last event a little later than its publisher.
    const answer = await until("all three events", async () => {
      const feed = await get(`${gateway.url}/api/store/${shopId}/feed`)
      return feed.body.length === 3 && feed
    })
    expect(answer.status).to.equal(200)
    expect(answer.body.map(({ action_id }: PublishEvent) => action_id)).to.deep.equal([3, 2, 1])
    expect(answer.body).to.deep.equal(await getFeed(product.nats, shopId))

    const [newest] = answer.body
    const page = await get(`${gateway.url}/api/store/${shopId}/feed?before=${newest.seq}&limit=1`)
    expect(page.body).to.deep.equal([answer.body[1]])
    const one = await get(`${gateway.url}/api/store/${shopId}/event/${newest.seq}`)
    expect(one.body).to.deep.equal(newest)
  })

  it("answers 404 for what is no shop, and for another shop's event", async () => {
    const event = publishEvent()
    const seq = (await publish(event)).headers.get("x-event-seq")
    for (const path of [
      "store/x/feed",
      `store/${event.shop_id}/nothing`,
      `store/${randomUUID()}/event/${seq}`,
      "nothing",
    ]) {
      expect((await get(`${gateway.url}/api/${path}`)).status, path).to.equal(404)
    }
  })

  it("takes a browser's call of publish, and tells it what is wrong", async () => {
    const event = publishEvent()
    const { added } = await watch(event.shop_id)
    const client = newClient()
    const rid = `store.${event.shop_id}.feed`
    const answer = await client.call<{ seq: number }>(rid, "publish", event)
    await until("the event", () => added.length === 1)
    expect(added[0]?.seq).to.equal(answer.seq)
    const error = await client.call(rid, "publish", { ...event, UPC: 1 }).catch((reason: unknown) => reason)
    expect(error).to.deep.include({ code: "system.invalidParams" })

    const posted = await post(`${gateway.url}/api/store/${event.shop_id}/feed/publish`, event)
    expect(posted.status).to.equal(200)
    expect(posted.body.seq).to.be.above(answer.seq)
  })

  it("keeps 100 in the client's copy, equal to a fresh get, while events pour in", async () => {
    const shopId = randomUUID()
    const { feed } = await watch(shopId)
    await Promise.all(publishEvents(250, shopId).map(publish))
    const fresh = await getFeed(product.nats, shopId)
    await until("all events", () => [...feed][0]?.seq === fresh[0]?.seq)
    expect([...feed]).to.deep.equal(fresh)
  })

  it("is right again after the service was restarted, with what came meanwhile", async () => {
    const shopId = randomUUID()
    const { feed } = await watch(shopId)
    await publish(publishEvent({ shop_id: shopId }))
    await until("the event", () => feed.length === 1)
    await product.stopService()
    product.nats.publish(
      `updates.store.${shopId}`,
      JSON.stringify(publishEvent({ shop_id: shopId, action: "MEANWHILE" })),
    )
    await product.nats.flush()
    await product.restartService()
    await until("the missed event", () => [...feed][0]?.action === "MEANWHILE")
    await publish(publishEvent({ shop_id: shopId, action: "AFTER" }))
    await until("the next event", () => [...feed][0]?.action === "AFTER")
    expect([...feed]).to.deep.equal(await getFeed(product.nats, shopId))
  })

  it("is right again after nats-server was killed", async function () {
    skipIfGatewayEndsWithNats(this)
    const shopId = randomUUID()
    const { feed } = await watch(shopId)
    await product.natsServer.kill()
    await product.restartNats()
    const event = publishEvent({ shop_id: shopId })
    await until("an accepted event", async () => (await publish(event)).status === 200)
    const fresh = await getFeed(product.nats, shopId)
    await until("the event", () => [...feed].length === fresh.length)
    expect([...feed]).to.deep.equal(fresh)
  })
})
