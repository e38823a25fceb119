import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { publishEvent } from "../helpers/events.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { deleteForGood } from "../helpers/streams.ts"
import { until } from "../helpers/until.ts"

/** The stream of the lease stays, so the service goes on answering. */
const LEASE = "KV_shopwire-shards"

/** Nothing listens there. */
const NO_MONGO = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"

describe("without its streams, which cannot be made again, the service", () => {
  let product: Product
  const shop = randomUUID()
  const other = randomUUID()
  const basket = randomUUID()
  let seq: number

  before(async () => {
    product = await startProduct({ archive: { url: NO_MONGO, timeoutMs: 200 } })
    const event = publishEvent({ shop_id: shop, session_id: basket })
    seq = (await resRequest(product.nats, `call.store.${shop}.feed.publish`, { params: event })).result.seq
    // So the shop's basket is known, and acknowledging it only has to write to the log.
    await resRequest(product.nats, `get.store.${shop}.basket.${basket}`)
    await deleteForGood(product.natsServer, [LEASE])
    await until("the connection of the test", () =>
      product.nats.flush().then(
        () => true,
        () => false,
      ),
    )
    await until("the service to answer again", async () => {
      const health = await resRequest(product.nats, "get.shopwire.health").catch(() => undefined)
      return health?.error?.code === "system.serviceUnavailable"
    })
  })

  after(() => product?.stop())

  const doors: { readonly [what: string]: () => [subject: string, payload?: unknown] } = {
    "a feed": () => [`get.store.${shop}.feed`],
    "an older page": () => [`get.store.${shop}.feed`, { query: "before=1&limit=5" }],
    "a page of one basket": () => [`get.store.${shop}.feed`, { query: `before=1&limit=5&session_id=${basket}` }],
    read: () => [`call.store.${shop}.feed.read`, { params: { after: seq + 1, limit: 5 } }],
    "read from the start": () => [`call.store.${shop}.feed.read`, { params: { after: 0, limit: 5 } }],
    publish: () => [`call.store.${shop}.feed.publish`, { params: publishEvent({ shop_id: shop }) }],
    "publish with a key": () => [
      `call.store.${shop}.feed.publish`,
      { params: { events: publishEvent({ shop_id: shop }), idempotency_key: "key" } },
    ],
    "publish of an array": () => [
      `call.store.${shop}.feed.publish`,
      { params: [publishEvent({ shop_id: shop }), publishEvent({ shop_id: shop })] },
    ],
    "an event": () => [`get.store.${shop}.event.${seq}`],
    "a shop's baskets": () => [`get.store.${other}.baskets`],
    "a shop's orders": () => [`get.store.${other}.orders`],
    "a shop's abandoned baskets": () => [`get.store.${other}.abandoned`],
    "a shop's figures": () => [`get.store.${other}.stats`],
    "a basket": () => [`get.store.${other}.basket.${basket}`],
    complete: () => [`call.store.${shop}.basket.${basket}.complete`, { params: { by: "Ann" } }],
    acknowledge: () => [`call.store.${shop}.basket.${basket}.acknowledge`, { params: { by: "Ann" } }],
    "start of a session": () => ["call.session.s1.multicart.start", { cid: "c1", params: { customerName: "Ann" } }],
    "a multicart": () => ["get.session.s2.multicart"],
    "a cart": () => ["get.session.s2.cart.c1"],
    erase: () => ["call.shopwire.shoppers.erase", { params: { shopper_id: randomUUID() } }],
    health: () => ["get.shopwire.health"],
    "the archive's status": () => ["get.shopwire.archive"],
  }

  for (const [what, request] of Object.entries(doors)) {
    it(`answers system.serviceUnavailable: ${what}`, async () => {
      const { error, result } = await resRequest(product.nats, ...request())
      expect(error?.code ?? result).to.equal("system.serviceUnavailable")
    })
  }
})
