import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { headers } from "nats"
import type { SentEvent } from "../../contract/shared-session.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

describe("an event of a shared session", () => {
  const product = useProduct()
  const publish = (
    event: SentEvent | readonly SentEvent[],
    shop: string,
    more: Readonly<Record<string, string>> = {},
  ) => post(`${product.edgeUrl}/publish/${shop}`, event, more)
  const basketOf = async ({ shop_id, session_id }: SentEvent) =>
    (await resRequest(product.nats, `get.store.${shop_id}.basket.${session_id}`)).result?.model
  const newEvent = (): SentEvent => publishEvent({ session_id: randomUUID() })

  it("is shown with it, and its basket too, whether a header or the event names it; the published JSON has twelve fields", async () => {
    const event = newEvent()
    const published: unknown[] = []
    const subscription = product.nats.subscribe(shopSubject(event.shop_id), {
      callback: (_, message) => void published.push(message.json()),
    })
    await product.nats.flush()
    expect((await publish(event, event.shop_id, { "Shared-Session": "party~1" })).status).to.equal(200)
    expect((await publish({ ...event, shared_session: "party~1" }, event.shop_id)).status).to.equal(200)
    expect((await publish(event, event.shop_id)).status).to.equal(200)
    const other = { ...event, session_id: randomUUID(), shared_session: "other" }
    expect((await publish([event, other], event.shop_id)).status).to.equal(200)
    expect((await post(`${product.edgeUrl}/send`, { ...event, shared_session: null })).status).to.equal(200)
    const shown = (await getFeed(product.nats, event.shop_id)).map(({ shared_session }) => shared_session).reverse()
    expect(shown).to.deep.equal(["party~1", "party~1", undefined, undefined, "other", null])
    expect(await basketOf(event)).not.to.have.property("shared_session")
    expect(await basketOf(other)).to.include({ shared_session: "other" })
    await until("all are published", () => published.length === 6)
    const { shared_session: _, ...plain } = other
    expect(published).to.deep.equal([event, event, event, event, plain, event])
    subscription.unsubscribe()
  })

  it("may come from a plain NATS publisher; a header that is no session ID is ignored", async () => {
    const event = newEvent()
    const { nats } = product
    for (const session of ["a b", "party"]) {
      const all = headers()
      all.set("Shared-Session", session)
      nats.publish(shopSubject(event.shop_id), JSON.stringify(event), { headers: all })
    }
    await until("both are shown", async () => (await getFeed(nats, event.shop_id)).length === 2)
    const shown = (await getFeed(nats, event.shop_id)).map(({ shared_session }) => shared_session)
    expect(shown).to.deep.equal(["party", undefined])
  })

  it("is refused, and not stored, if request and event name different ones, or none that can be", async () => {
    const event = newEvent()
    const named = { ...event, shared_session: "party" }
    const refused = await publish([event, named], event.shop_id, { "Shared-Session": "other" })
    expect(refused.status).to.equal(422)
    expect(refused.body.errors).to.deep.equal([
      { pointer: "#/1/shared_session", detail: "expected the shared session that the request names" },
    ])
    const wrong = await publish(event, event.shop_id, { "Shared-Session": "a b" })
    expect(wrong.status).to.equal(422)
    expect(wrong.body.errors).to.deep.equal([
      { header: "Shared-Session", detail: "expected 1 to 64 letters, digits, _, ~ or -" },
    ])
    expect(await getFeed(product.nats, event.shop_id)).to.deep.equal([])
  })

  it("is the same event as before under an Idempotency-Key or a producer's sequence only with the same session", async () => {
    const event = newEvent()
    const senders = [
      { "Idempotency-Key": randomUUID() },
      { "Producer-Id": randomUUID(), "Producer-Epoch": "0", "Producer-Seq": "1" },
    ]
    for (const sender of senders) {
      const status = async (session: string) =>
        (await publish(event, event.shop_id, { ...sender, "Shared-Session": session })).status
      expect([await status("party"), await status("party"), await status("other")]).to.deep.equal([200, 200, 409])
    }
    const shown = (await getFeed(product.nats, event.shop_id)).map(({ shared_session }) => shared_session)
    expect(shown).to.deep.equal(["party", "party"])
  })
})
