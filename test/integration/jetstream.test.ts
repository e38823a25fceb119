import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { ResError } from "res-service"
import { Bucket } from "../../service/jetstream/bucket.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { deleteForGood } from "../helpers/streams.ts"
import { suspend } from "../helpers/suspend.ts"

const STREAM = "TEST"
const settings = { name: STREAM, subjects: ["test.>"], allow_direct: true, allow_atomic: true }

describe("JetStream and Bucket throw system.serviceUnavailable", () => {
  let natsServer: TestNats
  let nats: NatsConnection
  let js: JetStream
  let bucket: Bucket

  const operations: { readonly [name: string]: () => Promise<unknown> } = {
    info: () => js.info(STREAM),
    open: () => js.open({ ...settings, description: "changed" }),
    consumer: () => js.consumer(STREAM, "none"),
    message: () => js.message(STREAM, { seq: 1 }),
    batch: () => js.batch(STREAM, { seq: 1, next_by_subj: "test.>", batch: 10 }),
    erase: () => js.erase(STREAM, 1),
    publish: () => js.publish("test.a", "1"),
    publishBatch: () => js.publishBatch(["1", "2", "3"].map((payload) => ({ subject: "test.a", payload }))),
    replace: () => js.replace("test.a", "1", 1),
    consume: () =>
      js.consume(STREAM, { opt_start_seq: 1 }, { onMessage: () => {}, isUrgent: () => true, onBroken: () => {} }),
    "Bucket.get": () => bucket.get("key"),
    "Bucket.put": () => bucket.put("key", "2"),
    "Bucket.create": () => bucket.create("other", "2"),
    "Bucket.replace": () => bucket.replace("key", "2", 1),
    "Bucket.purge": () => bucket.purge("key"),
    "Bucket.erase": () => bucket.erase("key"),
    "Bucket.keys": () => bucket.keys(),
    "Bucket.watch": () => bucket.watch(),
    "Bucket.info": () => bucket.info(),
  }

  beforeEach(async () => {
    natsServer = await startNats()
    nats = await connect({ servers: natsServer.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    js = new JetStream(nats)
    bucket = new Bucket(js, "test")
    await js.open(settings)
    await js.publish("test.a", "1")
    await bucket.put("key", "1")
  })

  afterEach(async () => {
    if (natsServer.pid !== undefined) process.kill(natsServer.pid, "SIGCONT")
    await nats.close()
    await natsServer.stop()
  })

  const states: { readonly [when: string]: () => Promise<unknown> | unknown } = {
    "when nats-server is stopped and answers nothing": () => suspend(natsServer.pid ?? 0),
    "when nats-server is gone": () => natsServer.kill(),
    "when the connection is closed": () => nats.close(),
    "when the stream and the bucket are gone and cannot be made again": () => deleteForGood(natsServer),
  }

  for (const [when, cause] of Object.entries(states)) {
    it(when, async () => {
      await cause()
      const outcomes = Object.entries(operations).map(async ([name, run]) => {
        const error = await run().then(
          () => undefined,
          (reason: unknown) => reason,
        )
        return [name, error instanceof ResError ? error.code : error]
      })
      const expected = Object.keys(operations).map((name) => [name, "system.serviceUnavailable"])
      expect(await Promise.all(outcomes)).to.deep.equal(expected)
    })
  }
})
