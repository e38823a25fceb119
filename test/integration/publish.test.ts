// The product's own story. Alone: npx mocha test/integration/publish.test.ts
// Against a running one: EDGE_URL=http://127.0.0.1:8000 NATS_URL=nats://127.0.0.1:4222 npx mocha test/integration/publish.test.ts
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { post } from "../helpers/http.ts"
import { startProduct } from "../helpers/product.ts"
import { PATIENCE_MS } from "../helpers/until.ts"

describe("POST /publish/{shop_id}", () => {
  const shopId = samplePublishEvent.shop_id
  let edgeUrl: string
  let nats: NatsConnection
  let stop: () => Promise<void>

  before(async () => {
    if (process.env.EDGE_URL) {
      edgeUrl = process.env.EDGE_URL
      nats = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" })
      stop = () => nats.close()
    } else {
      const product = await startProduct()
      ;({ edgeUrl, nats, stop } = product)
    }
  })

  after(() => stop())

  it("answers with the status text, and sends the twelve fields to updates.store.{shop_id}", async () => {
    const subscription = nats.subscribe(`updates.store.${shopId}`, { max: 1, timeout: PATIENCE_MS })
    await nats.flush()

    const answer = await post(`${edgeUrl}/publish/${shopId}`, samplePublishEvent)

    expect(answer.status).to.equal(200)
    expect(answer.body).to.deep.equal({ status: `Message sent to shop ID ${shopId}` })
    expect(Number(answer.headers.get("x-event-seq"))).to.be.above(0)
    for await (const message of subscription) {
      expect(message.json()).to.deep.equal(samplePublishEvent)
      expect(Object.keys(message.json())).to.have.length(12)
    }
    expect(subscription.getReceived()).to.equal(1)
  })
})
