import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { Basket } from "../../contract/basket.ts"
import { basketDigest, DIGEST_INTERVAL_MS, type Digest, feedDigest } from "../../contract/digest.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { type ClientCollection, type ClientModel, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

describe("a shop's digest", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  const publish = async (shop_id: string, session_id: string, action = "ADD", fields = {}): Promise<number> => {
    const event = publishEvent({ shop_id, session_id, action, ...fields })
    return Number((await post(`${product.edgeUrl}/publish/${shop_id}`, event)).headers.get("x-event-seq"))
  }
  const report = (shopId: string, params: unknown) =>
    resRequest(product.nats, `call.store.${shopId}.digest.report`, { params, cid: "test" })

  /** Subscribes to a shop as a page does. */
  async function watch(shopId: string): Promise<ClientModel<Digest>> {
    const client = newClient()
    for (const name of ["feed", "baskets"]) {
      const list = await client.get<ClientCollection<unknown>>(`store.${shopId}.${name}`)
      list.on("add", () => {})
    }
    const digest = await client.get<ClientModel<Digest>>(`store.${shopId}.digest`)
    digest.on("change", () => {})
    return digest
  }

  /** The digest that a client computes from fresh gets. */
  async function expected(shopId: string): Promise<Pick<Digest, "feed" | "baskets">> {
    const events = await getFeed(product.nats, shopId)
    const baskets: Basket[] = (await get(`${gateway.url}/api/store/${shopId}/baskets`)).body
    return {
      feed: feedDigest(events, Number.MAX_SAFE_INTEGER),
      baskets: baskets.map((basket) => [basket.session_id, basketDigest(basket)]),
    }
  }

  const becomesRight = async (shopId: string, digest: ClientModel<Digest>, seq: number): Promise<void> => {
    await until("the digest of the last record, with all that is shown", async () => {
      const { feed, baskets } = digest.props
      return digest.props.seq === seq && isDeepStrictEqual({ feed, baskets }, await expected(shopId))
    })
  }

  it("has nulls for a shop that nobody looks at, and is system.notFound for what is no shop", async () => {
    const { result } = await resRequest(product.nats, `get.store.${randomUUID()}.digest`)
    expect(result.model).to.include({ seq: 0, feed: null, baskets: null })
    expect((await resRequest(product.nats, "get.store.x.digest")).error?.code).to.equal("system.notFound")
  })

  it("is what a client computes from its own copies, after each event, and after a restart of the service", async () => {
    const [shopId, first, second] = [randomUUID(), randomUUID(), randomUUID()]
    const digest = await watch(shopId)
    for (let i = 0; i < 60; i++) await publish(shopId, first, "ADD", { product_id: i % 7, product_price: 0.1 })
    await becomesRight(shopId, digest, await publish(shopId, second))
    const { result } = await resRequest(product.nats, `call.store.${shopId}.basket.${first}.acknowledge`, {
      params: { by: "Ann" },
    })
    await becomesRight(shopId, digest, result.seq)
    await product.restartService()
    await becomesRight(shopId, digest, await publish(shopId, first, "CHECKOUT"))
    expect(digest.props.baskets?.map(([id]) => id)).to.deep.equal([second])
  })

  it("is sent at most every 5 s, however much happens, and not at all while nothing does", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    const digest = await watch(shopId)
    let changes = 0
    product.nats.subscribe(`event.store.${shopId}.digest.change`, { callback: () => void changes++ })
    await product.nats.flush()
    let last = 0
    const begin = Date.now()
    for (const end = Date.now() + 2 * DIGEST_INTERVAL_MS; Date.now() < end; ) last = await publish(shopId, session)
    // A digest that is made before its basket was sent is right until then, and followed by another one.
    const basket = `${gateway.url}/api/store/${shopId}/basket/${session}`
    await until("the basket to have the last event", async () => (await get(basket)).body.last_seq === last)
    await becomesRight(shopId, digest, last)
    // The page may have the last change before this connection has it.
    await product.nats.flush()
    const seen = changes
    expect(seen).to.be.above(1)
    // Not by the pauses between them: what is late on its way comes soon before the next.
    expect(seen).to.be.at.most(1 + (Date.now() - begin) / DIGEST_INTERVAL_MS)
    await new Promise((resolve) => setTimeout(resolve, DIGEST_INTERVAL_MS + 1000))
    expect(changes).to.equal(seen)
  })

  it("makes gateways fetch feed and baskets again after a report, and refuses reports that make no sense", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    await publish(shopId, session)
    await watch(shopId)
    const gets: string[] = []
    product.nats.subscribe(`get.store.${shopId}.>`, { callback: (_, { subject }) => void gets.push(subject) })
    await product.nats.flush()
    for (const params of [undefined, {}, { what: "stats", seq: 1 }, { what: "feed", seq: -1 }])
      expect((await report(shopId, params)).error?.code, JSON.stringify(params)).to.equal("system.invalidParams")
    expect(gets).to.deep.equal([])
    expect((await report(shopId, { what: "feed", seq: 1 })).error).to.equal(undefined)
    const wanted = ["feed", "baskets", `basket.${session}`].map((name) => `get.store.${shopId}.${name}`)
    await until("the gateway to fetch them", () => wanted.every((subject) => gets.includes(subject)))
  })

  it("does not name a basket any more when its shopper was erased", async () => {
    const [shopId, own, other, person] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    await publish(shopId, own, "ADD", { shopper_id: person })
    const digest = await watch(shopId)
    await becomesRight(shopId, digest, await publish(shopId, other, "ADD", { shopper_id: randomUUID() }))
    await post(`${gateway.url}/api/shopwire/shoppers/erase`, { shopper_id: person })
    await until("the basket to be gone", () => digest.props.baskets?.map(([id]) => id).join() === other)
  })
})
