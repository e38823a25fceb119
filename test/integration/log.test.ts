import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import fc from "fast-check"
import { shopSubject } from "../../contract/subjects.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { LogAppender } from "../../service/log/appender.ts"
import { LogReader } from "../../service/log/reader.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { payloadsOf, publishEvent, publishEvents } from "../helpers/events.ts"
import { useProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"

describe("the stream UPDATES", () => {
  const product = useProduct()

  it("keeps a shop's events under the partition that storedSubject() says", async () => {
    const jsm = await jetstreamManager(product.nats)
    const shops = [
      ...Array.from({ length: 200 }, () => randomUUID()),
      ...fc.sample(fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/), 50),
    ]
    for (const shop of shops) product.nats.publish(shopSubject(shop), "{}")
    await product.nats.flush()
    for (const shop of new Set(shops)) {
      await until(`${shop} to be stored`, async () => {
        const message = await jsm.direct.getMessage(STREAM, { last_by_subj: storedSubject(shop) })
        return message?.subject === storedSubject(shop)
      })
    }
  })

  it("gives a shop's events and acknowledgements in one order, from and to any sequence, and nobody else's", async () => {
    const [shopId, session_id] = [randomUUID(), randomUUID()]
    const js = new JetStream(product.nats)
    const appender = new LogAppender(js)
    await appender.open()
    const written: number[] = []
    // More than one batch of events between some of the acknowledgements, none between others; one first and one last.
    for (const events of [0, 700, 0, 0, 3, 600, 1]) {
      if (events > 0)
        written.push(...(await appender.append(shopId, { payloads: payloadsOf(publishEvents(events, shopId)) })))
      written.push(await appender.tend(shopId, { session_id, by: "Ann", task: "acknowledge" }))
      await appender.append(randomUUID(), { payloads: payloadsOf([publishEvent()]) })
    }
    const reader = new LogReader(js)
    const end = await reader.newestRecordSeq(shopId)
    expect(end).to.equal(written.at(-1))
    const seqs = async (after: number, upTo: number): Promise<number[]> => {
      const found: number[] = []
      for await (const records of reader.records(shopId, after, upTo))
        found.push(...records.map((record) => ("event" in record ? record.event : record.work).seq))
      return found
    }
    expect(await seqs(0, end)).to.deep.equal(written)
    for (const [from, to] of [
      [0, 1],
      [1, 500],
      [499, 703],
      [700, 705],
      [written.length - 1, written.length],
      [written.length, written.length],
    ] as const) {
      const [after, upTo] = [written[from - 1] ?? 0, written[to - 1] ?? 0]
      expect(await seqs(after, upTo), `${from} to ${to}`).to.deep.equal(written.slice(from, to))
    }
    expect(await reader.newestRecordSeq(randomUUID())).to.equal(0)
  })

  it("is on disk, takes batches and direct gets, and forgets message IDs after 10 minutes", async () => {
    const jsm = await jetstreamManager(product.nats)
    const { config } = await jsm.streams.info(STREAM)
    expect(config).to.include({ storage: "file", allow_direct: true, allow_atomic: true, duplicate_window: 600e9 })
    expect(config.subject_transform).to.deep.equal({
      src: "updates.store.*",
      dest: "updates.store.{{partition(64,1)}}.{{wildcard(1)}}",
    })
  })

  it("keeps its events when the service starts with other limits", async () => {
    const jsm = await jetstreamManager(product.nats)
    const before = (await jsm.streams.info(STREAM)).state.messages
    await product.restartService()
    expect((await jsm.streams.info(STREAM)).state.messages).to.equal(before)
  })
})
