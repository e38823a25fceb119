import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { type Answer, answer, post } from "../helpers/http.ts"
import { LAX_FORMS, REFUSED_FORMS } from "../helpers/lax-forms.ts"
import { type Product, startProduct, useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const withoutDashes = (id: string): string => id.replaceAll("-", "")

describe("events of senders that are less exact", () => {
  const product = useProduct()

  /** Sends something as an event of a shop. Resolves to what a refusal says of which field; undefined: it was taken. */
  type Door = (
    event: Record<string, unknown>,
    shopId: string,
    at?: Product,
  ) => Promise<readonly [unknown, string] | undefined>

  const refusal = ({ status, body }: Answer, prefix: string): readonly [unknown, string] | undefined => {
    if (status === 200) return undefined
    expect(status).to.equal(422)
    expect(body.errors).to.have.length(1)
    return [body.errors[0].pointer.replace(prefix, ""), body.errors[0].detail]
  }

  const doors: Record<string, Door> = {
    "POST /publish": async (event, shopId, at = product) =>
      refusal(await post(`${at.edgeUrl}/publish/${shopId}`, event), "#/"),
    "POST /publish with an array": async (event, shopId, at = product) =>
      refusal(await post(`${at.edgeUrl}/publish/${shopId}`, [event]), "#/0/"),
    "POST /send": async (event, _, at = product) => refusal(await post(`${at.edgeUrl}/send`, event), "#/"),
    "RES publish": async (event, shopId, at = product) => {
      const { error } = await resRequest(at.nats, `call.store.${shopId}.feed.publish`, { params: event })
      if (error === undefined) return undefined
      const { errors } = error.data as { errors: { path: string[]; message: string }[] }
      expect(errors).to.have.length(1)
      return [errors[0]?.path.join("/"), errors[0]?.message ?? ""]
    },
  }

  /** What plain subscribers of a shop's subject see from now on. */
  async function subscribed(shopId: string): Promise<PublishEvent[]> {
    const seen: PublishEvent[] = []
    product.nats.subscribe(`updates.store.${shopId}`, { callback: (_, message) => void seen.push(message.json()) })
    await product.nats.flush()
    return seen
  }

  const shown = async (shopId: string, at = product): Promise<unknown[]> =>
    (await getFeed(at.nats, shopId)).map(({ seq, received_at, ...event }) => event).reverse()

  for (const [door, send] of Object.entries(doors)) {
    it(`are taken by ${door}, and normalised before they are stored`, async () => {
      const exact = publishEvent()
      const seen = await subscribed(exact.shop_id)
      for (const [field, sent] of LAX_FORMS) {
        expect(await send({ ...exact, [field]: sent }, exact.shop_id), JSON.stringify(sent)).to.equal(undefined)
      }
      const expected = LAX_FORMS.map(([field, , stored]) => ({ ...exact, [field]: stored }))
      expect(await shown(exact.shop_id)).to.deep.equal(expected)
      await until("the subscriber to have them all", () => seen.length === expected.length)
      expect(seen).to.deep.equal(expected)
    })

    it(`are refused by ${door} where it is not clear what is meant, with the field and what is expected`, async () => {
      const exact = publishEvent()
      for (const [field, sent, says] of REFUSED_FORMS) {
        const [pointer, detail] = (await send({ ...exact, [field]: sent }, exact.shop_id)) ?? []
        expect(pointer, JSON.stringify(sent)).to.equal(field)
        expect(detail).to.match(says)
      }
      expect(await shown(exact.shop_id)).to.deep.equal([])
    })
  }

  it("are shown normalised when others publish them on NATS, or set aside, and go into baskets and figures", async () => {
    const exact = publishEvent({ product_price: 3.5 })
    const { shop_id, session_id } = exact
    const publish = (field: string, sent: unknown) =>
      product.nats.publish(`updates.store.${shop_id}`, JSON.stringify({ ...exact, [field]: sent }))
    await getFeed(product.nats, shop_id)
    const before = product.service.setAside
    for (const [field, sent] of LAX_FORMS) publish(field, sent)
    for (const [field, sent] of REFUSED_FORMS) publish(field, sent)
    publish("shop_id", withoutDashes(randomUUID()))
    publish("shop_id", withoutDashes(shop_id))
    const expected = [...LAX_FORMS.map(([field, , stored]) => ({ ...exact, [field]: stored })), exact]
    await until("all to be shown", async () => (await shown(shop_id)).length >= expected.length)
    expect(await shown(shop_id)).to.deep.equal(expected)
    expect(product.service.setAside - before).to.equal(REFUSED_FORMS.length + 1)
    const { result } = await resRequest(product.nats, `get.store.${shop_id}.basket.${session_id}`)
    expect(result.model).to.include({ events: expected.length, item_count: expected.length })
    await product.restartService()
    expect(await shown(shop_id), "read again").to.deep.equal(expected)
  })

  it("name the shop without dashes or in upper case, in path, body and query, at every door of the edge", async () => {
    const exact = publishEvent({ shopper_id: randomUUID() })
    const { shop_id, session_id, shopper_id } = exact
    const bare = withoutDashes(shop_id).toUpperCase()
    const sent = { ...exact, shop_id: bare }
    const status = `Message sent to shop ID ${shop_id}`
    expect((await post(`${product.edgeUrl}/publish/${bare}`, sent)).body).to.deep.equal({ status })
    expect((await post(`${product.edgeUrl}/send`, sent)).body).to.deep.equal({ status })
    const [third] = (await post(`${product.edgeUrl}/publish/${bare}`, [sent])).body
    expect(third).to.include({ status })
    expect(await shown(shop_id)).to.deep.equal([exact, exact, exact])
    const query = `session_id=${withoutDashes(session_id)}`
    const exported = await fetch(`${product.edgeUrl}/export/${bare}?${query}`)
    expect((await exported.text()).split("\n")).to.have.length(4)
    const page = await getFeed(product.nats, shop_id, `before=${third.seq}&${query}`)
    expect(page.map(({ seq }) => seq)).to.deep.equal([third.seq - 1, third.seq - 2])
    const stream = await EventStream.open(`${product.edgeUrl}/stream/${bare}?last_event_id=0`)
    await stream.count(3)
    stream.close()
    const other = await post(`${product.edgeUrl}/publish/${bare}`, { ...sent, shop_id: withoutDashes(randomUUID()) })
    expect([other.status, other.body.errors[0].pointer]).to.deep.equal([422, "#/shop_id"])
    for (const path of [`${bare}0`, bare.slice(1), `${bare.slice(0, 12)}1${bare.slice(13)}`]) {
      const { status, body } = await post(`${product.edgeUrl}/publish/${path}`, exact)
      expect([status, body.errors]).to.deep.equal([
        422,
        [{ parameter: "shop_id", detail: "expected a UUID version 4" }],
      ])
    }
    const path = withoutDashes(shopper_id)
    const erased = await answer(fetch(`${product.edgeUrl}/shoppers/${path}`, { method: "DELETE" }))
    expect(erased.body).to.include({ shops: 1, stream: 3 })
  })

  it("are the same under an Idempotency-Key as the exact event", async () => {
    const exact = publishEvent()
    const url = `${product.edgeUrl}/publish/${exact.shop_id}`
    const key = { "idempotency-key": randomUUID() }
    const first = await post(url, exact, key)
    const again = await post(
      url,
      { ...exact, action_id: `${exact.action_id}`, shop_id: withoutDashes(exact.shop_id) },
      key,
    )
    expect([again.status, again.headers.get("x-event-seq")]).to.deep.equal([200, first.headers.get("x-event-seq")])
  })

  it("are erased with their shopper, however they wrote the ID", async () => {
    const exact = publishEvent({ shopper_id: randomUUID() })
    const bare = withoutDashes(exact.shopper_id)
    const subject = `updates.store.${exact.shop_id}`
    for (const sent of [{ ...exact, shopper_id: bare, action_id: "101" }, { note: `asked by ${bare.toUpperCase()}` }])
      await product.nats.request(subject, JSON.stringify(sent), { timeout: PATIENCE_MS })
    const erased = await answer(fetch(`${product.edgeUrl}/shoppers/${exact.shopper_id}`, { method: "DELETE" }))
    expect(erased.body).to.include({ shops: 1, stream: 2 })
    expect(await shown(exact.shop_id)).to.deep.equal([])
  })

  describe("with STRICT_EVENTS", () => {
    let strict: Product

    before(async () => {
      strict = await startProduct({ strictEvents: true })
    })

    after(() => strict?.stop())

    for (const [door, send] of Object.entries(doors)) {
      it(`are refused by ${door}, and exact ones taken`, async () => {
        const exact = publishEvent({ create_time: "2023-12-18T10:30:00.120+05:30" })
        const upper = { ...exact, session_id: exact.session_id.toUpperCase() }
        for (const [field, sent] of LAX_FORMS) {
          if (JSON.stringify(sent).includes("-7C8A-")) continue // upper case is exact
          const [pointer, detail] = (await send({ ...exact, [field]: sent }, exact.shop_id, strict)) ?? []
          expect(pointer, JSON.stringify(sent)).to.equal(field)
          expect(detail).to.match(/^expected/)
        }
        for (const event of [exact, upper]) expect(await send(event, exact.shop_id, strict)).to.equal(undefined)
        expect(await shown(exact.shop_id, strict)).to.deep.equal([exact, exact])
      })
    }

    it("are shown normalised nevertheless when others publish them on NATS, where nobody is told of a refusal", async () => {
      const exact = publishEvent()
      const sent = JSON.stringify({ ...exact, action_id: "101" })
      await strict.nats.request(`updates.store.${exact.shop_id}`, sent, { timeout: PATIENCE_MS })
      expect(await shown(exact.shop_id, strict)).to.deep.equal([exact])
    })
  })
})
