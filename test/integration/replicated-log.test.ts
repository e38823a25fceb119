import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import type { ResError } from "res-service"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { LogAppender } from "../../service/log/appender.ts"
import { openStream, STREAM } from "../../service/log/stream.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { startNatsCluster, type TestCluster } from "../helpers/nats-cluster.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

describe("the stream UPDATES with three replicas", function () {
  this.timeout(2 * PATIENCE_MS)
  let cluster: TestCluster
  let nats: NatsConnection
  let appender: LogAppender

  before(async () => {
    cluster = await startNatsCluster()
    nats = await connect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const jsm = await jetstreamManager(nats, { checkAPI: false })
    const js = new JetStream(nats)
    const tried = (work: Promise<unknown>) =>
      work.then(
        () => true,
        () => false,
      )
    await until("a stream", () => tried(openStream(js, { maxAgeDays: 0, maxMiB: 0 })))
    const { config } = await jsm.streams.info(STREAM)
    await jsm.streams.update(STREAM, { ...config, num_replicas: 3 })
    await until("three replicas", async () => {
      const { cluster: members } = await jsm.streams.info(STREAM)
      return members?.replicas?.length === 2 && members.replicas.every(({ current }) => current)
    })
    appender = new LogAppender(js)
    await appender.open()
  })

  after(async () => {
    await nats?.close()
    await cluster?.stop()
  })

  it("stores a request once under its key, alone or in an array, and keeps its replicas", async () => {
    const [event, other] = [publishEvent(), publishEvent()]
    const [shop, idempotency] = [event.shop_id, { key: "key", caller: "ann" }]
    const [seq] = await appender.append(shop, [event], idempotency)
    // On nats-server 2.15.2 an Expected-Last-Msg-Id that does not hold made all replicas give the stream up.
    expect(await appender.append(shop, [event], idempotency)).to.deep.equal([seq])
    const refused = await appender
      .append(shop, [{ ...event, action: "Z" }], idempotency)
      .catch((error: ResError) => error)
    expect(refused).to.include({ code: "store.idempotencyConflict" })
    const events = publishEvents(10, other.shop_id)
    const first = await appender.append(other.shop_id, events, idempotency)
    expect(await appender.append(other.shop_id, events, idempotency)).to.deep.equal(first)

    const jsm = await jetstreamManager(nats, { checkAPI: false })
    const { state, cluster: members } = await jsm.streams.info(STREAM)
    expect(state.messages).to.equal(11)
    expect(members?.replicas?.every(({ offline }) => offline !== true)).to.equal(true)
  })

  it("knows the key also after its leader is gone", async () => {
    const event = publishEvent()
    const idempotency = { key: "another", caller: "ann" }
    const seqs = await appender.append(event.shop_id, [event], idempotency)
    const jsm = await jetstreamManager(nats, { checkAPI: false })
    const leader = (await jsm.streams.info(STREAM)).cluster?.leader ?? ""
    await cluster.servers[Number(leader.slice(1))]?.kill()
    const again = await until("another leader", () =>
      appender.append(event.shop_id, [event], idempotency).catch(() => undefined),
    )
    expect(again).to.deep.equal(seqs)
  })
})
