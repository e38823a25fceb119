import { expect } from "chai"
import { shopSubject } from "../../contract/subjects.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

/** JSON with half of a surrogate pair, which most programs can't read: `jq`, Python's `json` when it writes, MongoDB. */
const LONE = "Tea \ud800"
const EXPECTED = "expected Unicode text without lone surrogates"
/** Names without a visible character. */
const INVISIBLE = ["\u200b", "\u202e\u202c", "\u3164", " \ufeff "]

describe("a text with a lone surrogate, and a name of nothing visible", () => {
  const product = useProduct()
  const gateway = useGateway(product)

  const feedOf = async (shopId: string) => (await get(`${gateway.url}/api/store/${shopId}/feed`)).body

  it("are 422 in each text of a published event, alone and in an array", async () => {
    for (const field of ["action", "product_name", "UPC", "category_id"]) {
      const event = publishEvent({ [field]: LONE })
      const url = `${product.edgeUrl}/publish/${event.shop_id}`
      const refused = await post(url, event)
      expect([refused.status, refused.body.errors], field).to.deep.equal([
        422,
        [{ pointer: `#/${field}`, detail: EXPECTED }],
      ])
      expect((await post(`${product.edgeUrl}/send`, event)).status, field).to.equal(422)
      const batch = await post(url, [publishEvent({ shop_id: event.shop_id }), event])
      expect([batch.status, batch.body.errors[0].pointer], field).to.deep.equal([422, `#/1/${field}`])
      expect(await feedOf(event.shop_id), field).to.deep.equal([])
    }
  })

  it("are refused by the call publish", async () => {
    const event = publishEvent({ product_name: LONE })
    const subject = `call.store.${event.shop_id}.feed.publish`
    const { error } = await resRequest(product.nats, subject, { params: event })
    expect(error?.code).to.equal("system.invalidParams")
    expect(await feedOf(event.shop_id)).to.deep.equal([])
  })

  it("are set aside when they come straight over NATS", async () => {
    const before = product.service.setAside
    const event = publishEvent()
    product.nats.publish(shopSubject(event.shop_id), JSON.stringify({ ...event, product_name: LONE }))
    product.nats.publish(shopSubject(event.shop_id), JSON.stringify(event))
    await until("the good one", async () => (await feedOf(event.shop_id)).length === 1)
    // The feed may be read from the log before the service has followed it so far.
    await until("the other one to be set aside", () => product.service.setAside === before + 1)
    expect((await feedOf(event.shop_id))[0]).to.include({ product_name: event.product_name })
  })

  it("are refused as the name of who acknowledges", async () => {
    const event = publishEvent()
    expect((await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)).status).to.equal(200)
    const url = `${gateway.url}/api/store/${event.shop_id}/basket/${event.session_id}`
    await until("the basket", async () => (await get(url)).status === 200)
    for (const by of [LONE, ...INVISIBLE]) {
      const { status, body } = await post(`${url}/acknowledge`, { by })
      expect([status, body.code], JSON.stringify(by)).to.deep.equal([400, "system.invalidParams"])
    }
    expect((await get(url)).body.acknowledged_by).to.equal(null)
    expect((await post(`${url}/acknowledge`, { by: "😀" })).status).to.equal(200)
  })

  it("are refused in a session's names and carts, by old sockets and calls", async () => {
    const host = await Storefront.open(product.edgeUrl, "broken-text")
    for (const customerName of [LONE, ...INVISIBLE])
      expect(await host.refusal("startSession", { customerName }), JSON.stringify(customerName)).to.equal(
        "system.invalidParams",
      )
    await host.start("Ann")
    const { customerId } = host
    for (const cartContent of [{ items: [{ name: LONE }] }, { [LONE]: 1 }])
      expect(await host.refusal("updateCart", { customerId, cartContent })).to.equal("system.invalidParams")
    const multicart = `${gateway.url}/api/session/broken-text/multicart`
    expect((await get(multicart)).body[0].content).to.deep.equal({})
    for (const customerName of [LONE, ...INVISIBLE]) {
      const joined = await post(`${multicart}/join`, { customerName })
      expect([joined.status, joined.body.code], JSON.stringify(customerName)).to.deep.equal([
        400,
        "system.invalidParams",
      ])
    }
    await host.close()
  })
})
