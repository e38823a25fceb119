import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { MAX_EVENT_BYTES } from "../../contract/limits.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { SET_ASIDE } from "../../service/log/entry.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { startProduct, useProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed, resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

describe("store.<shop_id>.feed", () => {
  const product = useProduct()

  const publish = (shopId: string, body: unknown) => post(`${product.edgeUrl}/publish/${shopId}`, body)
  const actionIds = (feed: readonly { action_id: number }[]) => feed.map(({ action_id }) => action_id)
  const countDown = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i)

  it("is empty for a shop that nobody has used", async () => {
    expect(await getFeed(product.nats, randomUUID())).to.deep.equal([])
  })

  it("is system.notFound for what is no shop ID, to get and to access", async () => {
    for (const id of ["x", randomUUID().toUpperCase(), "00000000-0000-0000-0000-000000000000"]) {
      for (const type of ["get", "access"]) {
        const { error } = await resRequest(product.nats, `${type}.store.${id}.feed`)
        expect(error?.code).to.equal("system.notFound")
      }
    }
  })

  it("may be read, and published to, by everyone", async () => {
    const { result } = await resRequest(product.nats, `access.store.${randomUUID()}.feed`)
    expect(result).to.deep.equal({ get: true, call: "publish,read" })
  })

  it("shows an event newest first, with seq and received_at, and to nobody else", async () => {
    const [event, other] = [publishEvent(), publishEvent()]
    const watcher = await FeedWatcher.watch(product.nats, event.shop_id)
    await publish(other.shop_id, other)
    const answer = await publish(event.shop_id, event)
    await watcher.settled()
    const [shown] = watcher.feed
    expect(watcher.feed).to.have.length(1)
    expect(shown).to.deep.include(event)
    expect(shown?.seq).to.equal(Number(answer.headers.get("x-event-seq")))
    expect(shown?.received_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(await getFeed(product.nats, other.shop_id)).to.have.length(1)
  })

  it("has the event when the answer is there: who publishes and then looks, sees it", async () => {
    const shopId = randomUUID()
    for (const event of publishEvents(20, shopId)) {
      await publish(shopId, event)
      expect((await getFeed(product.nats, shopId))[0]?.action_id).to.equal(event.action_id)
    }
  })

  it("keeps 100: it removes the oldest, then adds the newest", async () => {
    const shopId = randomUUID()
    await publish(shopId, publishEvents(99, shopId))
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    for (const action_id of [100, 101, 102]) await publish(shopId, publishEvent({ shop_id: shopId, action_id }))
    await watcher.settled()
    expect(watcher.eventNames).to.deep.equal(["add", "remove", "add", "remove", "add"])
    expect(actionIds(watcher.feed)).to.deep.equal(countDown(102, 3))
    expect(await getFeed(product.nats, shopId)).to.deep.equal(watcher.feed)
  })

  it("gives the same after a restart of the service", async () => {
    const shopId = randomUUID()
    await publish(shopId, publishEvents(150, shopId))
    const before = await getFeed(product.nats, shopId)
    await product.restartService()
    expect(await getFeed(product.nats, shopId)).to.deep.equal(before)
    expect(actionIds(before)).to.deep.equal(countDown(150, 51))
  })

  it("ends, for who subscribes while events pour in, in what a fresh get gives; in the log's order", async () => {
    const shopId = randomUUID()
    const pouring = Promise.all(publishEvents(300, shopId).map((event) => publish(shopId, event)))
    const watchers = await Promise.all(Array.from({ length: 10 }, () => FeedWatcher.watch(product.nats, shopId)))
    await pouring
    const feed = await getFeed(product.nats, shopId)
    for (const watcher of watchers) {
      await watcher.settled()
      expect(watcher.feed).to.deep.equal(feed)
    }
    expect(feed.map(({ seq }) => seq)).to.deep.equal(feed.map(({ seq }) => seq).toSorted((a, b) => b - a))
  })

  it("fits into one message with 100 events of the largest size", async () => {
    const shopId = randomUUID()
    const bare = publishEvent({ shop_id: shopId, product_name: "" })
    const largest = { ...bare, product_name: "x".repeat(MAX_EVENT_BYTES - JSON.stringify(bare).length) }
    for (let i = 0; i < 10; i++) expect((await publish(shopId, Array(10).fill(largest))).status).to.equal(200)
    const watcher = await FeedWatcher.watch(product.nats, shopId)
    expect(watcher.feed).to.have.length(100)
    expect((await publish(shopId, largest)).status).to.equal(200)
    await watcher.settled()
    expect(watcher.feed).to.deep.equal(await getFeed(product.nats, shopId))
  })

  it("stores an array of 1,000 as one, in order, with one answer each", async () => {
    const shopId = randomUUID()
    const answer = await publish(shopId, publishEvents(1000, shopId))
    expect(answer.status).to.equal(200)
    expect(answer.body).to.have.length(1000)
    const status = `Message sent to shop ID ${shopId}`
    expect(answer.body[0]).to.deep.equal({ status, seq: answer.body[0].seq })
    expect(answer.body[999].seq - answer.body[0].seq).to.equal(999)
    expect(actionIds(await getFeed(product.nats, shopId))).to.deep.equal(countDown(1000, 901))
  })

  describe("what others put on updates.store.<shop_id>", () => {
    it("shows a valid event like any other", async () => {
      const event = publishEvent()
      const watcher = await FeedWatcher.watch(product.nats, event.shop_id)
      product.nats.publish(shopSubject(event.shop_id), JSON.stringify({ ...event, more: true }))
      await until("the event", () => watcher.feed.length === 1)
      expect(watcher.feed[0]).to.deep.include(event).and.not.have.property("more")
    })

    it("sets the invalid and the oversized aside, counts them, and goes on", async () => {
      const event = publishEvent()
      const watcher = await FeedWatcher.watch(product.nats, event.shop_id)
      const before = product.service.setAside
      const bad = [
        "",
        "junk",
        "[]",
        "null",
        JSON.stringify({ ...event, action_id: "x" }),
        JSON.stringify(publishEvent()),
        JSON.stringify({ ...event, product_name: "x".repeat(MAX_EVENT_BYTES) }),
        new Uint8Array([0xff, 0xfe]),
      ]
      for (const payload of bad) product.nats.publish(shopSubject(event.shop_id), payload)
      product.nats.publish(shopSubject("no-shop"), JSON.stringify(event))
      product.nats.publish(shopSubject(event.shop_id.toUpperCase()), JSON.stringify(event))
      product.nats.publish(shopSubject(event.shop_id), JSON.stringify(event))
      await until("the good event", () => watcher.feed.length === 1)
      expect(watcher.feed[0]).to.deep.include(event)
      await until("the others to be set aside", () => product.service.setAside - before >= bad.length + 2)
      expect(product.service.setAside - before).to.equal(bad.length + 2)
      await product.restartService()
      expect(await getFeed(product.nats, event.shop_id)).to.have.length(1)
    })

    it("logs a flood of invalid messages in a few lines, with how many there were and why", async () => {
      const logger = new MemoryLogger()
      const flooded = await startProduct({ logger })
      try {
        const subject = shopSubject(randomUUID())
        const large = JSON.stringify({ more: "x".repeat(MAX_EVENT_BYTES) })
        for (let i = 0; i < 2000; i++) flooded.nats.publish(subject, i % 4 === 0 ? large : "junk")
        await flooded.nats.flush()
        await until("all to be set aside", () => flooded.service.setAside === 2000)
      } finally {
        await flooded.stop()
      }
      const lines = logger.lines.map((line) => JSON.parse(line)).filter(({ message }) => message === SET_ASIDE)
      expect(lines).to.have.length.within(2, 3)
      expect(lines.reduce((sum, { count }) => sum + count, 0)).to.equal(2000)
      expect(lines.at(-1).reasons).to.have.property(`larger than ${MAX_EVENT_BYTES} bytes`)
      expect(lines.at(-1).example).to.have.keys("seq", "subject")
    })

    it("shows 100 events although hundreds of invalid messages came after them", async () => {
      const shopId = randomUUID()
      const { body } = await publish(shopId, publishEvents(120, shopId))
      for (let i = 0; i < 700; i++) product.nats.publish(shopSubject(shopId), "junk")
      await product.nats.flush()
      await until(
        "the junk to be stored",
        async () =>
          (await resRequest(product.nats, "get.shopwire.health")).result.model.last_seq >= body.at(-1).seq + 700,
      )
      await product.restartService()
      expect(actionIds(await getFeed(product.nats, shopId))).to.deep.equal(countDown(120, 21))
    })
  })

  describe("?before=<seq>&limit=<n>", () => {
    const shopId = randomUUID()
    let seqs: number[]

    before(async () => {
      seqs = []
      for (const event of publishEvents(60, shopId)) {
        // Other shops' events in between: gaps in seq are normal.
        await publish(randomUUID(), publishEvent())
        const other = randomUUID()
        await publish(other, publishEvents(3, other))
        seqs.push(Number((await publish(shopId, event)).headers.get("x-event-seq")))
      }
      const answer = await publish(
        shopId,
        Array.from({ length: 500 }, (_, i) => publishEvent({ shop_id: shopId, action_id: 61 + i })),
      )
      seqs.push(...answer.body.map(({ seq }: { seq: number }) => seq))
    })

    it("reads back to the first event without hole or repeat", async () => {
      for (const limit of [1, 7, 100, 500]) {
        let found = [(await getFeed(product.nats, shopId))[0]]
        for (let pages = 0; pages < 1 + 560 / limit; pages++) {
          const page = await getFeed(product.nats, shopId, `before=${found.at(-1)?.seq}&limit=${limit}`)
          if (page.length === 0) break
          expect(page.length).to.be.at.most(limit)
          found = [...found, ...page]
          if (limit === 1 && pages > 20) break
        }
        const expected = seqs.toReversed().slice(0, found.length)
        expect(found.map((event) => event?.seq)).to.deep.equal(expected)
        if (limit > 1) expect(found).to.have.length(560)
      }
    })

    it("takes 100 when no limit is given", async () => {
      expect(await getFeed(product.nats, shopId, `before=${seqs.at(-1)}`)).to.have.length(100)
    })

    it("answers the normalised query", async () => {
      const { result } = await resRequest(product.nats, `get.store.${shopId}.feed`, {
        query: `limit=07&x=1&before=00${seqs[9]}`,
      })
      expect(result.query).to.equal(`before=${seqs[9]}&limit=7`)
      expect(result.collection).to.have.length(7)
    })

    it("is system.invalidQuery without before, beyond the newest, or with what is no number", async () => {
      const newest = seqs.at(-1) ?? 0
      for (const query of [
        "limit=5",
        "before=",
        "before=x",
        "before=-1",
        "before=1.5",
        `before=${newest + 1}`,
        "before=1&limit=0",
        "before=1&limit=501",
        "x",
      ]) {
        const { error } = await resRequest(product.nats, `get.store.${shopId}.feed`, { query })
        expect(error?.code, query).to.equal("system.invalidQuery")
      }
    })

    it("is capped in bytes, so that a page of large events fits into one message", async () => {
      const large = randomUUID()
      const event = publishEvent({ shop_id: large, product_name: "x".repeat(7000) })
      for (let i = 0; i < 3; i++) await publish(large, Array(100).fill(event))
      const [newest] = await getFeed(product.nats, large)
      const page = await getFeed(product.nats, large, `before=${newest?.seq}&limit=500`)
      expect(page.length).to.be.within(80, 120)
      const next = await getFeed(product.nats, large, `before=${page.at(-1)?.seq}&limit=500`)
      expect(next[0]?.seq).to.equal((page.at(-1)?.seq ?? 0) - 1)
    })
  })

  describe("store.<shop_id>.event.<seq>", () => {
    it("is one event of that shop, and system.notFound for any other", async () => {
      const [event, other] = [publishEvent(), publishEvent()]
      const seq = (await publish(event.shop_id, event)).headers.get("x-event-seq")
      const otherSeq = (await publish(other.shop_id, other)).headers.get("x-event-seq")
      const { result } = await resRequest(product.nats, `get.store.${event.shop_id}.event.${seq}`)
      expect(result.model)
        .to.deep.include(event)
        .and.include({ seq: Number(seq) })
      for (const wrong of [otherSeq, "0", "99999999", "x", `0${seq}`]) {
        const { error } = await resRequest(product.nats, `get.store.${event.shop_id}.event.${wrong}`)
        expect(error?.code, String(wrong)).to.equal("system.notFound")
      }
    })
  })
})
