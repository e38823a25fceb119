import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { LogReader } from "../../service/log/reader.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { publishEvent } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { useGateway } from "../helpers/gateway.ts"
import { useProduct } from "../helpers/product.ts"
import { FeedWatcher, getFeed } from "../helpers/res.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

describe("a live feed, when the log loses events", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  let jsm: JetStreamManager

  before(async () => {
    jsm = await jetstreamManager(product.nats)
  })

  /** A shop with events that is watched on NATS and at the gateway. */
  async function watchedShop(events: number) {
    const shop_id = randomUUID()
    await fillLog(product.nats, publishEvent({ shop_id }), events)
    const reader = new LogReader(new JetStream(product.nats))
    await until(
      "the events to be shown",
      async () => (await getFeed(product.nats, shop_id)).length === Math.min(events, 100),
    )
    const watcher = await FeedWatcher.watch(product.nats, shop_id)
    const client = await newClient().get<ClientCollection<ShownEvent>>(`store.${shop_id}.feed`)
    client.on("remove", () => {})
    const inLog = async () => (await reader.newest(shop_id, 100)).map(({ event }) => event)
    const becomesRight = async () => {
      const expected = await inLog()
      await until(
        "all to show what the log has",
        () => isDeepStrictEqual(watcher.feed, expected) && isDeepStrictEqual([...client], expected),
      )
      expect(await getFeed(product.nats, shop_id)).to.deep.equal(expected)
      return expected.length
    }
    const setLimit = async (max_bytes: number) => {
      const { config } = await jsm.streams.info(STREAM)
      await jsm.streams.update(STREAM, { ...config, max_bytes })
    }
    return { shop_id, watcher, inLog, becomesRight, setLimit }
  }

  it("loses the oldest events that the stream drops for others: STREAM_MAX_MIB", async () => {
    const { inLog, becomesRight, setLimit } = await watchedShop(30)
    const other = publishEvent({ product_name: "x".repeat(4000) })
    await fillLog(product.nats, other, 20)
    const { bytes } = (await jsm.streams.info(STREAM)).state
    await setLimit(bytes)
    await fillLog(product.nats, other, 1)
    await until("the stream to drop some", async () => (await inLog()).length < 30)
    expect(await becomesRight()).to.be.within(1, 29)
    await fillLog(product.nats, other, 30)
    expect(await becomesRight()).to.equal(0)
    await setLimit(-1)
  })

  it("loses what was purged of its shop, and no other feed does", async () => {
    const others = await watchedShop(10)
    const { shop_id, becomesRight, watcher } = await watchedShop(150)
    const later = await watchedShop(10)
    await jsm.streams.purge(STREAM, { filter: storedSubject(shop_id), keep: 20 })
    expect(await becomesRight()).to.equal(20)
    expect(new Set(watcher.eventNames)).to.deep.equal(new Set(["remove"]))
    await jsm.streams.purge(STREAM, { filter: storedSubject(shop_id) })
    expect(await becomesRight()).to.equal(0)
    expect([others.watcher.eventNames, later.watcher.eventNames]).to.deep.equal([[], []])
    await fillLog(product.nats, publishEvent({ shop_id }), 2)
    await until("the next events", () => watcher.feed.length === 2)
    expect(await becomesRight()).to.equal(2)
  })

  it("loses a single message that was deleted, and shows an older event in its place", async () => {
    const { inLog, becomesRight, watcher } = await watchedShop(120)
    const deleted = (await inLog())[50]?.seq ?? 0
    await jsm.streams.deleteMessage(STREAM, deleted)
    await until("the event to be gone", () => watcher.feed.every(({ seq }) => seq !== deleted))
    expect(await becomesRight()).to.equal(100)
  })

  it("is empty after the whole log was purged, and goes on", async () => {
    const { shop_id, becomesRight } = await watchedShop(5)
    await jsm.streams.purge(STREAM)
    expect(await becomesRight()).to.equal(0)
    await fillLog(product.nats, publishEvent({ shop_id }), 1)
    await until("the next event", async () => (await getFeed(product.nats, shop_id)).length === 1)
    expect(await becomesRight()).to.equal(1)
  })
})
