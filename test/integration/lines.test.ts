import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { linesOf } from "../../service/session/lines.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { OldClient } from "../helpers/old-client.ts"
import { useProduct } from "../helpers/product.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

interface LineOfClient {
  readonly item: { readonly quantity: number }
  readonly disowned: boolean
}

describe("session.<id>.lines.<customerId>", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const tea = { quantity: 1, product: { id: 1, name: "Tea", price: 4 } }
  const bread = { quantity: 1, product: { id: 2, name: "Rye Bread", price: 3 } }

  it("tells a story with an old client: one changed line travels as one line, and the old client sees whole carts", async () => {
    const id = `lines-${randomUUID().slice(0, 8)}`
    const rid = `session.${id}.multicart`
    const old = await OldClient.enter(product.edgeUrl, id, "Ann", false)
    const friend = newClient()
    const { customerId } = await friend.call<{ customerId: string }>(rid, "join", { customerName: "Bob" })
    const { storefront } = old
    storefront.send("updateCart", {
      customerId: storefront.customerId,
      cartContent: { items: [tea, bread], weight: 2 },
    })
    await until("the old client's cart", () => JSON.stringify(storefront.sees?.[0]?.content)?.includes("Rye Bread"))

    const events: string[] = []
    product.nats.subscribe(`event.session.${id}.>`, {
      callback: (_, { subject }) => void (/\.lines?\./.test(subject) && events.push(subject.split(".").at(-1) ?? "")),
    })
    await product.nats.flush()
    const lines = await friend.get<ClientCollection<LineOfClient>>(`session.${id}.lines.${storefront.customerId}`)
    lines.on("add", () => {})
    const sees = async (expected: readonly object[]): Promise<void> => {
      await until("the lines", () =>
        isDeepStrictEqual(
          [...lines].map(({ item }) => item),
          expected,
        ),
      )
      const { body } = await get(`${gateway.url}/api/session/${id}/lines/${storefront.customerId}`)
      expect(body.map(({ item }: LineOfClient) => item)).to.deep.equal(expected)
    }
    await sees([tea, bread])
    expect(events).to.deep.equal([])
    const more = { ...bread, quantity: 3 }
    storefront.send("updateCart", { customerId: storefront.customerId, cartContent: { items: [tea, more], weight: 9 } })
    await sees([tea, more])
    // The friend may have heard of it before this connection.
    await product.nats.flush()
    expect(events).to.deep.equal(["change"])

    type Answer = { readonly version: string; readonly line: string }
    const { version: empty } = (await get(`${gateway.url}/api/session/${id}/member/${customerId}`)).body
    const added = await friend.call<Answer>(rid, "setItem", { customerId, version: empty, item: tea })
    await until("Bob's cart", () => isDeepStrictEqual(storefront.sees?.[1]?.content, { items: [tea] }))
    const refused = await friend.call(rid, "setItem", { customerId, version: empty, item: bread }).then(
      () => undefined,
      (error: { code: string; data: unknown }) => ({ code: error.code, data: error.data }),
    )
    const data = { version: added.version, content: { items: [tea] } }
    expect(refused).to.deep.equal({ code: "session.cartChanged", data })
    const messages = storefront.messages.length
    await friend.call(rid, "disown", { customerId, line: added.line, disowned: true })
    const { body } = await get(`${gateway.url}/api/session/${id}/line/${customerId}/${added.line}`)
    expect(body).to.deep.equal({ item: tea, disowned: true })
    await friend.call(rid, "removeItem", { customerId, version: added.version, line: added.line })
    await until("Bob's cart without it", () => isDeepStrictEqual(storefront.sees?.[1]?.content, { items: [] }))
    expect(storefront.events().slice(messages)).to.deep.equal(["multicartUpdate"])
    expect((await get(`${gateway.url}/api/session/${id}/lines/nobody`)).status).to.equal(404)
    await old.close()
  })

  it("stores the cart that gets a line before the one that gives it, so that no crash in between loses the line", async () => {
    const id = `lines-${randomUUID().slice(0, 8)}`
    const rid = `session.${id}.multicart`
    const [ann, bob] = [newClient(), newClient()]
    const host = await ann.call<{ customerId: string }>(rid, "start", { customerName: "Ann" })
    const guest = await bob.call<{ customerId: string }>(rid, "join", { customerName: "Bob" })
    await ann.call(rid, "updateCart", { ...host, cartContent: { items: [tea] } })
    const [line] = linesOf({ items: [tea] })
    const asked = { customerId: guest.customerId, from: host.customerId, line: line?.id }
    const { offer } = await bob.call<{ offer: string }>(rid, "askForLine", asked)
    const stored: string[] = []
    product.nats.subscribe(`$KV.sessions.*.${id}.>`, {
      callback: (_, { subject }) => void stored.push(subject.split(".").at(-1) ?? ""),
    })
    await product.nats.flush()
    await ann.call(rid, "answerOffer", { customerId: host.customerId, offer, accept: true })
    await product.nats.flush()
    expect(stored).to.deep.equal([guest.customerId, host.customerId, "state"])
  })

  it("tells a story of offers with an old client: it sees carts when they change, and nothing of what friends ask each other", async () => {
    const id = `offers-${randomUUID().slice(0, 8)}`
    const rid = `session.${id}.multicart`
    const [host, friend] = [newClient(), newClient()]
    const { customerId: ann } = await host.call<{ customerId: string }>(rid, "start", { customerName: "Ann" })
    const { customerId: bob } = await friend.call<{ customerId: string }>(rid, "join", { customerName: "Bob" })
    const old = await OldClient.enter(product.edgeUrl, id, "Cid", true)
    await friend.call(rid, "updateCart", { customerId: bob, cartContent: { items: [tea, bread] } })
    const seesCarts = (name: string, ...carts: (readonly object[] | undefined)[]): Promise<true> =>
      until(name, () =>
        isDeepStrictEqual(
          old.storefront.sees?.map(({ content }) => (content as { items?: object[] }).items),
          carts,
        ),
      )
    await seesCarts("Bob's cart", undefined, [tea, bread], undefined)
    const messages = old.storefront.messages.length
    const { body } = await get(`${gateway.url}/api/session/${id}/lines/${bob}`)
    expect(body).to.have.length(2)
    const offers = async () => (await get(`${gateway.url}/api/session/${id}/status`)).body.offers
    const [teaLine, breadLine] = linesOf({ items: [tea, bread] }).map(({ id: line }) => line)

    const ask = { customerId: ann, from: bob, line: breadLine }
    const { offer } = await host.call<{ offer: string }>(rid, "askForLine", ask)
    expect(await offers()).to.have.length(1)
    expect((await offers())[0]).to.include({ id: offer, type: "move", by: ann, to: bob, line: breadLine })
    await friend.call(rid, "answerOffer", { customerId: bob, offer, accept: false })
    expect(await offers()).to.deep.equal([])
    await friend.call(rid, "disown", { customerId: bob, line: teaLine, disowned: true })
    expect(old.storefront.messages.length, "of questions it is told nothing").to.equal(messages)

    const moved = await host.call<{ offer: unknown }>(rid, "askForLine", { ...ask, line: teaLine })
    expect(moved.offer).to.equal(null)
    await seesCarts("the line that Bob has disowned", [tea], [bread], undefined)
    const offered = await host.call<{ offer: string }>(rid, "offerItem", { customerId: ann, to: bob, item: tea })
    await friend.call(rid, "answerOffer", { customerId: bob, offer: offered.offer, accept: true })
    await seesCarts("what Bob has agreed to", [tea], [bread, tea], undefined)
    expect(new Set(old.storefront.events().slice(messages))).to.deep.equal(new Set(["multicartUpdate"]))
    await old.close()
  })
})
