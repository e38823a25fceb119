import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { headerAuth, useGateway } from "../helpers/gateway.ts"
import { type Answer, answer, post } from "../helpers/http.ts"
import { Issuer, useIssuer } from "../helpers/issuer.ts"
import { type ProductOptions, useProduct } from "../helpers/product.ts"
import { type Client, useClients } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

/** A refusal as RES tells it. */
interface Refusal {
  readonly code: string
  readonly message: string
  readonly data?: { readonly retry_after_ms: number }
}

/** How long most allowances last, in ms. */
const WINDOW_MS = 10_000
const MAX_ATTEMPTS = 3
/** Tests that were repeated so far. */
let repeated = 0

/** A test of one window. If it takes longer on a busy machine, allowances are whole again meanwhile: it is repeated, by other clients. */
function itInOneWindow(title: string, test: () => Promise<void>): void {
  it(title, async () => {
    for (let attempt = 1; ; attempt++) {
      const begin = performance.now()
      try {
        return await test()
      } catch (error) {
        if (performance.now() - begin < WINDOW_MS || attempt === MAX_ATTEMPTS) throw error
        repeated++
      }
    }
  })
}

/** A client's address, as a trusted proxy tells it. */
const from = (last: number): Record<string, string> => ({ "x-forwarded-for": `192.0.${2 + repeated}.${last}` })

/** The product of a suite, and its doors. */
function useDoors(options: () => ProductOptions) {
  const product = useProduct(() => ({ ...options(), doors: { trustedProxies: ["127.0.0.1"] } }))
  const gateway = useGateway(product, headerAuth)
  const connect = useClients(gateway)
  return {
    product,
    gateway,
    connect: (headers: Record<string, string>): Client => connect({ headers }),
    overHttp: (path: string, body: unknown, headers: Record<string, string>): Promise<Answer> =>
      post(`${gateway.url}/api/${path}`, body, headers),
    overEdge: (shopId: string, body: unknown, headers: Record<string, string>): Promise<Answer> =>
      post(`${product.edgeUrl}/publish/${shopId}`, body, headers),
  }
}

describe("the service's limits", () => {
  /** The refusal of a call; undefined when it was accepted. */
  const refusal = async (call: Promise<unknown>): Promise<Refusal | undefined> =>
    await call.then(
      () => undefined,
      (error: Refusal) => error,
    )
  const expectTooMany = (refused: Refusal | undefined, kind: string): void => {
    expect(refused).to.include({
      code: "system.tooManyRequests",
      message: `Too many requests for one ${kind}; try again later`,
    })
    expect(refused?.data?.retry_after_ms).to.be.within(1, 60_000)
  }
  const expect429 = ({ status, headers, body }: Answer, kind: string): void => {
    expect(status).to.equal(429)
    expect(Number(headers.get("retry-after"))).to.be.within(1, 60)
    expect(body.code).to.equal("system.tooManyRequests")
    expect(body.message ?? body.detail).to.equal(`Too many requests for one ${kind}; try again later`)
  }

  describe("without tokens", () => {
    const { product, gateway, connect, overHttp, overEdge } = useDoors(() => ({
      // Over ten seconds: 60 of a connection, 100 of an address, 30 events of a shop. Over a minute: 3 starts, and 5.
      limits: { perConnection: 6, perAddress: 10, perShop: 3, startsPerConnection: 3, startsPerAddress: 5 },
    }))

    itInOneWindow("hold a shop to its rate over all doors together; what is refused costs it nothing", async () => {
      const shop = randomUUID()
      const feed = `store.${shop}.feed`
      const wrong = publishEvents(20, shop).map((event) => ({ ...event, action: 5 }))
      expect(await refusal(connect(from(1)).call(feed, "publish", wrong))).to.include({
        code: "system.invalidParams",
      })
      expect((await overEdge(shop, publishEvents(10, shop), from(2))).status).to.equal(200)
      expect(await refusal(connect(from(3)).call(feed, "publish", publishEvents(10, shop)))).to.equal(undefined)
      expect((await overHttp(`store/${shop}/feed/publish`, publishEvents(10, shop), from(4))).status).to.equal(200)

      const event = publishEvent({ shop_id: shop })
      expectTooMany(await refusal(connect(from(5)).call(feed, "publish", event)), "shop")
      expect429(await overHttp(`store/${shop}/feed/publish`, event, from(6)), "shop")
      expect429(await overEdge(shop, event, from(7)), "shop")
      const other = publishEvent()
      expect((await overEdge(other.shop_id, other, from(7))).status).to.equal(200)
    })

    itInOneWindow("hold an address to its rate over all doors together, and nobody else", async () => {
      const shops = Array.from({ length: 5 }, () => randomUUID())
      for (const shop of shops.slice(0, 2)) await overEdge(shop, publishEvents(25, shop), from(10))
      for (const shop of shops.slice(2, 4)) {
        expect((await overHttp(`store/${shop}/feed/publish`, publishEvents(22, shop), from(10))).status).to.equal(200)
      }
      const last = shops[4] ?? ""
      // A WebSocket's connection counted one.
      const client = connect(from(10))
      expectTooMany(await refusal(client.call(`store.${last}.feed`, "publish", publishEvents(20, last))), "address")
      expect(await refusal(client.call(`store.${last}.feed`, "publish", publishEvents(5, last)))).to.equal(undefined)
      expect429(await overEdge(last, publishEvent({ shop_id: last }), from(10)), "address")
      expect429(await overHttp(`store/${last}/feed/publish`, publishEvent({ shop_id: last }), from(10)), "address")
      expect((await overEdge(last, publishEvent({ shop_id: last }), from(11))).status).to.equal(200)
    })

    itInOneWindow(
      "count HTTP requests to the gateway for their address, though each has a connection ID of its own",
      async () => {
        const session = randomUUID()
        const ask = () => overHttp(`session/${session}/multicart/join`, { customerName: "Bob" }, from(12))
        const answers = await Promise.all(Array.from({ length: 101 }, ask))
        const refused = answers.filter(({ status }) => status === 429)
        expect(refused).to.have.length(1)
        expect429(refused[0] as Answer, "address")
        const read = await answer(fetch(`${gateway.url}/api/session/${session}/multicart`, { headers: from(12) }))
        expect(read.status).to.equal(429)
      },
    )

    const calls: Record<string, [method: string, params: unknown]> = {
      "join a session": ["join", { customerName: "Bob" }],
      "ask for invitations": ["createInvite", {}],
      "resume a customer": ["resume", { customerId: "a", resumeToken: "b" }],
      "keep connections alive": ["keepAlive", {}],
    }
    for (const [i, [what, [method, params]]] of Object.entries(calls).entries()) {
      itInOneWindow(`hold back a WebSocket that would ${what} too often, and no other`, async () => {
        const rid = `session.${randomUUID()}.multicart`
        const flooding = connect(from(20 + i))
        const refused = await Promise.all(Array.from({ length: 61 }, () => refusal(flooding.call(rid, method, params))))
        const tooMany = refused.filter((each) => each?.code === "system.tooManyRequests")
        expect(tooMany).to.have.length(1)
        expectTooMany(tooMany[0], "connection")
        expect((await refusal(connect(from(20 + i)).call(rid, method, params)))?.code).not.to.equal(
          "system.tooManyRequests",
        )
      })
    }

    itInOneWindow("count invalid requests as well, before anything of them is looked at", async () => {
      const feed = `store.${randomUUID()}.feed`
      const client = connect(from(30))
      const nonsense = (): Promise<Refusal | undefined> => refusal(client.call(feed, "publish", "nonsense"))
      const codes = (await Promise.all(Array.from({ length: 61 }, nonsense))).map((each) => each?.code)
      expect(codes.filter((code) => code === "system.invalidParams")).to.have.length(60)
      expect(codes.filter((code) => code === "system.tooManyRequests")).to.have.length(1)
    })

    itInOneWindow("hold back who acknowledges baskets, reads, or asks for older pages too often", async () => {
      const event = publishEvent()
      const store = `store.${event.shop_id}`
      await overEdge(event.shop_id, event, from(31))
      const isTooMany = (each: Refusal | undefined): boolean => each?.code === "system.tooManyRequests"
      const tooOften = async (address: number, ask: (client: Client, i: number) => Promise<unknown>): Promise<void> => {
        const client = connect(from(address))
        const refused = await Promise.all(Array.from({ length: 61 }, (_, i) => refusal(ask(client, i))))
        const tooMany = refused.filter(isTooMany)
        expect(tooMany).to.have.length.within(1, 61 - 29)
        expectTooMany(tooMany[0], "connection")
      }
      await tooOften(32, (client) => client.call(`${store}.feed`, "read", { after: 0 }))
      // A feed without a query is let through: access to it is asked for again after each reset.
      await tooOften(33, (client, i) => client.get(`${store}.feed?before=1&limit=${i + 1}`))
      const basket = `${store}.basket.${event.session_id}`
      let address = 34
      // The shop's ten seconds began with its event, and may end in the middle of a try.
      const held = await until("the shop to be held back", async () => {
        const client = connect(from(address++))
        const acknowledge = (): Promise<Refusal | undefined> =>
          refusal(client.call(basket, "acknowledge", { by: "Ann" }))
        return (await Promise.all(Array.from({ length: 31 }, acknowledge))).find(isTooMany)
      })
      expectTooMany(held, "shop")
    })

    it("bound the sessions that one connection and one address start in a minute, in old storefronts too", async () => {
      const start = (client: Client) =>
        refusal(client.call(`session.${randomUUID()}.multicart`, "start", { customerName: "Ann" }))
      const first = connect(from(40))
      for (let i = 0; i < 3; i++) expect(await start(first)).to.equal(undefined)
      expectTooMany(await start(first), "connection")
      const second = connect(from(40))
      for (let i = 0; i < 2; i++) expect(await start(second)).to.equal(undefined)
      expectTooMany(await start(second), "address")
      expect(await start(connect(from(41)))).to.equal(undefined)

      const old = await Storefront.open(product.edgeUrl, randomUUID())
      for (let i = 0; i < 3; i++) await old.start("Ann")
      old.send("startSession", { customerName: "Ann" })
      expect((await old.next("error")).code).to.equal("system.tooManyRequests")
      await old.close()
    })

    it("never refuse a cart", async () => {
      const rid = `session.${randomUUID()}.multicart`
      const client = connect(from(50))
      const { customerId } = await client.call<{ customerId: string }>(rid, "start", { customerName: "Ann" })
      const update = (n: number) => refusal(client.call(rid, "updateCart", { customerId, cartContent: { n } }))
      expect(await Promise.all(Array.from({ length: 150 }, (_, n) => update(n)))).to.deep.equal(
        Array(150).fill(undefined),
      )
    })
  })

  describe("with tokens", () => {
    const issuer = useIssuer()
    const { connect, overHttp, overEdge } = useDoors(() => ({
      auth: { verifier: issuer.verifier, cookie: undefined },
      // Over ten seconds: 20 of a user, 40 of an address.
      limits: { perToken: 2, perAddress: 4 },
    }))

    const bearer = async (name: string, shop: string, address: number): Promise<Record<string, string>> => ({
      ...from(address),
      authorization: `Bearer ${await issuer.token({ sub: `${name}-${repeated}`, role: "merchant", shops: [shop], jti: randomUUID() })}`,
    })

    itInOneWindow("hold a user to its rate, whatever tokens, logins, addresses and doors it uses", async () => {
      const shop = randomUUID()
      const feed = `store.${shop}.feed`
      expect((await overEdge(shop, publishEvents(8, shop), await bearer("ann", shop, 1))).status).to.equal(200)
      const client = connect(await bearer("ann", shop, 2))
      expect(await refusal(client.call(feed, "publish", publishEvents(8, shop)))).to.equal(undefined)
      const page = connect(from(3))
      const { authorization = "" } = await bearer("ann", shop, 3)
      await page.authenticate("shopwire.auth", "login", { token: authorization.slice("Bearer ".length) })
      expectTooMany(await refusal(page.call(feed, "publish", publishEvents(8, shop))), "token")
      expect429(
        await overHttp(`store/${shop}/feed/publish`, publishEvents(8, shop), await bearer("ann", shop, 4)),
        "token",
      )
      expect429(await overEdge(shop, publishEvents(8, shop), await bearer("ann", shop, 5)), "token")
      expect((await overEdge(shop, publishEvents(8, shop), await bearer("bob", shop, 6))).status).to.equal(200)
    })

    itInOneWindow(
      "hold back an address that tries tokens, by whatever door, also after a login and a logout",
      async () => {
        const login = (client: Client) => refusal(client.authenticate("shopwire.auth", "login", { token: "abc" }))
        const client = connect(from(20))
        const codes = []
        for (let i = 0; i < 40; i++) codes.push((await login(client))?.code)
        expect(codes.slice(0, 39)).to.deep.equal(Array(39).fill("auth.invalidToken"))
        expect(codes[39]).to.equal("system.tooManyRequests")

        const shop = randomUUID()
        const { authorization = "" } = await bearer("eve", shop, 21)
        const other = connect(from(21))
        await other.authenticate("shopwire.auth", "login", { token: authorization.slice("Bearer ".length) })
        await other.authenticate("shopwire.auth", "logout")
        const session = `session.${randomUUID()}.multicart`
        const refused = []
        for (let i = 0; i < 40; i++) refused.push(await refusal(other.call(session, "join", { customerName: "Eve" })))
        expectTooMany(refused.at(-1), "address")
      },
    )

    it("let nobody use up another's allowance by a token that is not good", async () => {
      const shop = randomUUID()
      const stranger = await Issuer.start()
      const forged = await stranger.token({
        iss: issuer.issuer,
        sub: `carl-${repeated}`,
        role: "merchant",
        shops: [shop],
      })
      for (let i = 0; i < 3; i++) {
        const headers = { ...from(30 + i), authorization: `Bearer ${forged}` }
        expect((await overEdge(shop, publishEvents(20, shop), headers)).status).to.equal(401)
      }
      await stranger.stop()
      expect((await overEdge(shop, publishEvents(20, shop), await bearer("carl", shop, 33))).status).to.equal(200)
    })
  })
})
