import { randomUUID } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "chai"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { startProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { useInEachTest } from "../helpers/use.ts"

describe("outages", () => {
  const product = useInEachTest(() => startProduct())

  const publish = (event: { shop_id: string }, headers: Record<string, string> = {}) =>
    post(`${product.edgeUrl}/publish/${event.shop_id}`, event, headers)
  const isReady = async () => (await get(`${product.edgeUrl}/readyz`)).status === 200

  it("answers 503 with Retry-After while nats-server is away, alive but not ready; then works again by itself", async () => {
    const event = publishEvent()
    expect((await publish(event)).status).to.equal(200)
    const before = await getFeed(product.nats, event.shop_id)
    await product.natsServer.kill()
    await until("the edge to notice", async () => !(await get(`${product.edgeUrl}/readyz`)).body.nats)

    const answer = await publish(event)
    expect(answer.status).to.equal(503)
    expect(answer.headers.get("retry-after")).to.equal("1")
    expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/)
    expect(answer.body.detail).to.include("nothing was tried")
    expect((await get(`${product.edgeUrl}/healthz`)).status).to.equal(200)
    const notReady = await get(`${product.edgeUrl}/readyz`)
    expect(notReady.status).to.equal(503)
    expect(notReady.body).to.deep.equal({ ready: false, nats: false, service: false })

    await product.restartNats()
    await until("the edge to be ready", isReady)
    expect((await publish(event)).status).to.equal(200)
    const feed = await getFeed(product.nats, event.shop_id)
    expect(feed).to.have.length(2)
    expect(feed[1]).to.deep.equal(before[0])
  })

  it("answers 503 while the service is away, and stores nothing of it later", async () => {
    const event = publishEvent()
    await product.stopService()
    const answer = await publish(event)
    expect([answer.status, answer.body.detail]).to.deep.equal([
      503,
      "The service is unavailable, so nothing was tried; try again later",
    ])
    // Whoever takes a request and does not answer may have done it.
    const silent = product.nats.subscribe(`call.store.${event.shop_id}.feed.publish`)
    await product.nats.flush()
    expect((await publish(event)).body.detail).to.include("may or may not be stored")
    silent.unsubscribe()
    expect((await get(`${product.edgeUrl}/readyz`)).body).to.deep.equal({ ready: false, nats: true, service: false })

    await product.restartService()
    await until("the edge to be ready", isReady)
    expect(await getFeed(product.nats, event.shop_id)).to.deep.equal([])
    expect((await publish(event)).status).to.equal(200)
  })

  it("stores once what was answered 503 and is sent again under its key, when nats-server is killed in between", async () => {
    const shopId = randomUUID()
    let stored = 0
    const pouring = publishEvents(200, shopId).map(async (event) => {
      const headers = { "idempotency-key": `key-${event.action_id}` }
      await until(`event ${event.action_id} to be stored`, async () => (await publish(event, headers)).status === 200)
      stored++
    })
    await until("some to be stored", () => stored > 0)
    await product.natsServer.kill()
    await product.restartNats()
    await Promise.all(pouring)

    const feed = await getFeed(product.nats, shopId)
    const older = await getFeed(product.nats, shopId, `before=${feed.at(-1)?.seq}&limit=500`)
    const ids = [...feed, ...older].map(({ action_id }) => action_id)
    expect(ids.toSorted((a, b) => a - b)).to.deep.equal(publishEvents(200).map(({ action_id }) => action_id))
  })

  it("shows on, in an open feed, after nats-server was killed and came back", async () => {
    const shopId = randomUUID()
    await publish(publishEvent({ shop_id: shopId }))
    await FeedWatcher.watch(product.nats, shopId)
    await product.natsServer.kill()
    await product.restartNats()
    await until("the edge to be ready", isReady)

    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const event of publishEvents(5, shopId)) expect((await publish(event)).status).to.equal(200)
    await until("the events to be shown", () => watcher.feed.length === 6)
    expect(watcher.feed).to.deep.equal(await getFeed(product.nats, shopId))
  })

  it("starts again with an empty log when nats-server lost its files, and shows what comes then", async () => {
    const event = publishEvent()
    await publish(event)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
    await product.natsServer.kill()
    await rm(join(product.natsServer.storeDir, "jetstream"), { recursive: true })
    await product.restartNats()
    await until("the edge to be ready", isReady)

    await until("the old feed to be forgotten", () =>
      getFeed(product.nats, event.shop_id).then(
        ({ length }) => length === 0,
        () => false,
      ),
    )
    expect((await publish(event)).status).to.equal(200)
    expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
  })
})
