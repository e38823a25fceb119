import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

/** Enough for some snapshots, which are stored while events come. */
const PUBLISHERS = 4
const REQUESTS = 150
const EVENTS = 10

describe("a shop's snapshots", () => {
  const product = useProduct()

  it("have the state of one moment, although events come while they are stored: after a restart none counts twice", async () => {
    const event = publishEvent({ shop_id: randomUUID(), session_id: randomUUID(), product_price: 1, basket_total: 1 })
    const basket = async () =>
      (await resRequest(product.nats, `get.store.${event.shop_id}.basket.${event.session_id}`)).result?.model
    const stats = async () => (await resRequest(product.nats, `get.store.${event.shop_id}.stats`)).result.model
    await stats()
    const publish = async (): Promise<void> => {
      for (let i = 0; i < REQUESTS; i++) {
        const events = Array.from({ length: EVENTS }, () => event)
        expect((await post(`${product.edgeUrl}/publish/${event.shop_id}`, events)).status).to.equal(200)
      }
    }
    await Promise.all(Array.from({ length: PUBLISHERS }, publish))
    const all = PUBLISHERS * REQUESTS * EVENTS
    await until("all events", async () => (await basket())?.item_count === all)
    await product.restartService()
    expect(await basket()).to.include({ item_count: all, events: all })
    const { events, top_products } = await stats()
    expect({ events, added: top_products.data[0].added }).to.deep.equal({ events: all, added: all })
  })
})
