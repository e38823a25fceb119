import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import fc from "fast-check"
import { STREAM } from "../../service/log/stream.ts"
import { shopSubject, storedSubject } from "../../service/log/subjects.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"

describe("the stream UPDATES", () => {
  let product: Product

  before(async () => {
    product = await startProduct()
  })

  after(() => product.stop())

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
