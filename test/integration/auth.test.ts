import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import type { JWTPayload } from "jose"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { headerAuth, useGateway } from "../helpers/gateway.ts"
import { type Answer, answer, post } from "../helpers/http.ts"
import { inSeconds, soon, useIssuer } from "../helpers/issuer.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type Client, type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

/** A page from which a browser may bring its cookie. */
const ORIGIN = "https://merchant.example"
const COOKIE = "shopwire_token"

describe("with tokens", () => {
  const issuer = useIssuer()
  const product = useProduct(() => ({
    auth: { verifier: issuer.verifier, cookie: { name: COOKIE, origins: [ORIGIN] } },
    // 200 events of a shop in ten seconds.
    doors: { rates: { perAddress: 0, perToken: 0, perShop: 20 } },
  }))
  const gateway = useGateway(product, headerAuth)
  const newClient = useClients(gateway)

  const token = (role: string | undefined, shops: string[], claims: JWTPayload = {}): Promise<string> =>
    issuer.token({ role, shops, ...claims })

  function bearer(jwt: string): Record<string, string> {
    return { authorization: `Bearer ${jwt}` }
  }

  describe("POST /publish", () => {
    const event = publishEvent()
    const { shop_id, shopper_id } = event
    const publish = async (headers: Record<string, string>, body: unknown = event, path = `publish/${shop_id}`) =>
      await post(`${product.edgeUrl}/${path}`, body, headers)

    it("answers 401 without a token, and says how to authenticate", async () => {
      for (const path of [`publish/${shop_id}`, "send"]) {
        const { status, headers, body } = await publish({}, event, path)
        expect(status).to.equal(401)
        expect(headers.get("www-authenticate")).to.equal('Bearer realm="shopwire"')
        expect(body.title).to.equal("Unauthorized")
      }
    })

    it("answers 401 to what is no good token, and says why", async () => {
      const expired = await publish(bearer(await token("admin", [], { iat: inSeconds(-9), exp: inSeconds(-60) })))
      expect(expired.status).to.equal(401)
      expect(expired.headers.get("www-authenticate")).to.equal('Bearer error="invalid_token"')
      expect(expired.body).to.include({ code: "auth.invalidToken", detail: "The token is not valid: it has expired" })
      expect((await publish(bearer("abc"))).body.code).to.equal("auth.invalidToken")
      expect((await publish({ authorization: "Basic YTpi" })).status).to.equal(401)
    })

    it("takes a token that names 100 shops at every door, whatever else is in it; refuses one that is too long", async () => {
      const long = { sub: "u".repeat(255), name: "ä".repeat(200), shopper_id }
      const shops = (count: number): string[] => [...Array.from({ length: count - 1 }, () => randomUUID()), shop_id]
      const fits = await token("merchant", shops(100), long)
      expect(fits.length).to.be.at.most(8192)
      expect((await publish(bearer(fits))).status).to.equal(200)
      const feed = `${gateway.url}/api/store/${shop_id}/feed`
      expect((await answer(fetch(feed, { headers: bearer(fits) }))).status).to.equal(200)
      const client = newClient()
      await client.authenticate("shopwire.auth", "login", { token: fits })
      expect((await client.get<ClientCollection<ShownEvent>>(`store.${shop_id}.feed`)).length).to.be.above(0)
      const refused = await publish(bearer(await token("merchant", shops(150))))
      expect([refused.status, refused.body.detail]).to.deep.equal([401, "The token is not valid: it is too long"])
    })

    it("answers 403 to a token that does not allow it, before it looks at the event", async () => {
      for (const jwt of [
        await token(undefined, [shop_id]),
        await token("merchant", [randomUUID()]),
        await token("shopper", []),
      ]) {
        expect(await publish(bearer(jwt)))
          .to.deep.include({ status: 403 })
          .and.nested.include({ "body.code": "system.accessDenied" })
        expect((await publish(bearer(jwt), {})).status).to.equal(403)
      }
    })

    it("tells nobody who may not publish how much a shop has stored", async () => {
      const shopId = randomUUID()
      const post = (headers: Record<string, string>, count = 1): Promise<Answer> =>
        publish(headers, publishEvents(count, shopId), `publish/${shopId}`)
      const merchant = bearer(await token("merchant", [shopId]))
      const strangers = [{}, bearer("a.b.c"), bearer(await token("merchant", [randomUUID()]))]
      for (const headers of strangers) expect((await post(headers)).headers.get("ratelimit")).to.equal(null)
      expect((await post(merchant, 150)).headers.get("ratelimit")).to.match(/^"shop";r=50;/)
      // Ten seconds after the first one, everything is left again.
      await until("nothing to be left", async () => (await post(merchant, 50)).status === 429)
      const answers = await Promise.all(strangers.map((headers) => post(headers)))
      expect(answers.map(({ status, headers }) => [status, headers.get("ratelimit")])).to.deep.equal([
        [401, null],
        [401, null],
        [403, null],
      ])
    })

    it("stores for who may: the shop's merchant and shoppers, and admins", async () => {
      for (const jwt of [
        await token("merchant", [shop_id.toUpperCase()]),
        await token("shopper", [shop_id]),
        await token("admin", []),
      ]) {
        const { status } = await publish(bearer(jwt))
        expect(status).to.equal(200)
        expect((await publish(bearer(jwt), event, "send")).status).to.equal(200)
      }
    })

    it("lets a shopper with an ID publish as itself only", async () => {
      const jwt = await token("shopper", [shop_id], { shopper_id })
      expect((await publish(bearer(jwt))).status).to.equal(200)
      const other = publishEvent({ shop_id, shopper_id: randomUUID() })
      expect((await publish(bearer(jwt), other)).status).to.equal(403)
      expect((await publish(bearer(jwt), [event, other])).status).to.equal(403)
    })

    it("keeps the idempotency keys of callers apart", async () => {
      const headers = { "idempotency-key": randomUUID() }
      const [ann, bob] = [await token("shopper", [shop_id]), await token("shopper", [shop_id], { sub: "bob" })]
      const seq = async (jwt: string): Promise<string | null> =>
        (await publish({ ...headers, ...bearer(jwt) })).headers.get("x-event-seq")
      const first = await seq(ann)
      expect(await seq(ann)).to.equal(first)
      expect(await seq(bob)).not.to.equal(first)
    })
  })

  describe("a call straight over NATS", () => {
    const event = publishEvent()
    const publish = async (requestToken: unknown): Promise<string | undefined> =>
      (
        await resRequest(product.nats, `call.store.${event.shop_id}.feed.publish`, {
          params: event,
          token: requestToken,
        })
      ).error?.code

    it("is refused without a token that the service itself knows", async () => {
      for (const made of [
        null,
        { role: "admin", shops: [event.shop_id] },
        { tid: "made-up" },
        { tid: "made-up", role: "admin" },
        "admin",
      ]) {
        expect(await publish(made)).to.equal("system.accessDenied")
      }
      expect(await publish({ bearer: "a.b.c" })).to.equal("auth.invalidToken")
      expect(await publish({ bearer: await token("admin", []) })).to.equal(undefined)
    })

    it("acknowledges a basket in the name of the token's holder, for merchants of the shop", async () => {
      const rid = `store.${event.shop_id}.basket.${event.session_id}`
      await publish({ bearer: await token("admin", []) })
      const acknowledge = async (requestToken: unknown, params: unknown = { by: "Eve" }): Promise<string | undefined> =>
        (await resRequest(product.nats, `call.${rid}.acknowledge`, { params, token: requestToken })).error?.code
      expect(await acknowledge(null)).to.equal("system.accessDenied")
      expect(await acknowledge({ bearer: await token("shopper", [event.shop_id]) })).to.equal("system.accessDenied")
      expect(await acknowledge({ bearer: await token("merchant", [randomUUID()]) })).to.equal("system.accessDenied")
      const shown = async () => (await resRequest(product.nats, `get.${rid}`)).result.model.acknowledged_by
      expect(await shown()).to.equal(null)
      const merchant = (claims: JWTPayload) => token("merchant", [event.shop_id], claims)
      expect(await acknowledge({ bearer: await merchant({ name: " Ann " }) })).to.equal(undefined)
      expect(await shown()).to.equal("Ann")
      expect(await acknowledge({ bearer: await merchant({ sub: "user-7" }) }, null)).to.equal(undefined)
      expect(await shown()).to.equal("user-7")
    })

    it("is refused where it would revoke", async () => {
      const revoke = async (requestToken: unknown): Promise<string | undefined> =>
        (await resRequest(product.nats, "call.shopwire.auth.revoke", { params: { user: "x" }, token: requestToken }))
          .error?.code
      expect(await revoke(null)).to.equal("system.accessDenied")
      expect(await revoke({ bearer: await token("merchant", [event.shop_id]) })).to.equal("system.accessDenied")
      expect(await revoke({ bearer: await token("admin", []) })).to.equal(undefined)
    })
  })

  describe("the gateway's HTTP API", () => {
    const shopId = randomUUID()
    const url = () => `${gateway.url}/api/store/${shopId}/feed`
    const read = async (headers: Record<string, string> = {}): Promise<Answer> =>
      await answer(fetch(url(), { headers }))

    it("gives a feed to who may read it", async () => {
      expect((await read(bearer(await token("merchant", [shopId])))).body).to.deep.equal([])
    })

    it("answers 401 otherwise, and says what is wrong with a token", async () => {
      expect((await read()).status).to.equal(401)
      expect((await read(bearer(await token("shopper", [shopId])))).status).to.equal(401)
      const expired = await read(bearer(await token("merchant", [shopId], { iat: inSeconds(-9), exp: inSeconds(-60) })))
      expect(expired.status).to.equal(401)
      expect(expired.headers.get("www-authenticate")).to.equal('Bearer error="invalid_token"')
      expect(expired.body.code).to.equal("auth.invalidToken")
    })

    it("leaves the session of whoever knows its id, and health, to everybody", async () => {
      expect((await answer(fetch(`${gateway.url}/api/session/${randomUUID()}/multicart`))).status).to.equal(200)
      expect((await answer(fetch(`${gateway.url}/api/shopwire/health`))).status).to.equal(200)
    })

    it("lets admins revoke a user's tokens, from then on", async () => {
      const sub = randomUUID()
      const jwt = await token("merchant", [shopId], { sub, iat: inSeconds(-5) })
      expect((await read(bearer(jwt))).status).to.equal(200)
      const revoke = async (by: string): Promise<number> =>
        (await post(`${gateway.url}/api/shopwire/auth/revoke`, { user: sub }, bearer(by))).status
      expect(await revoke(jwt)).to.equal(401)
      expect(await revoke(await token("admin", [], { sub: "root" }))).to.equal(204)
      expect((await read(bearer(jwt))).status).to.equal(401)
      const event = publishEvent({ shop_id: shopId })
      expect((await post(`${product.edgeUrl}/publish/${shopId}`, event, bearer(jwt))).body.detail).to.include("revoked")
    })
  })

  describe("a subscription", () => {
    type FeedOfClient = ClientCollection<ShownEvent>

    async function login(jwt: string, client = newClient()): Promise<Client> {
      await client.authenticate("shopwire.auth", "login", { token: jwt })
      return client
    }

    interface Watch {
      readonly client: Client
      readonly added: ShownEvent[]
      ended: boolean
    }

    /** Watches a feed, whose events it notes. */
    async function watch(client: Client, shopId: string): Promise<Watch> {
      const feed = await client.get<FeedOfClient>(`store.${shopId}.feed`)
      const seen: Watch = { client, added: [], ended: false }
      feed.on("add", ({ item }) => seen.added.push(item))
      feed.on("unsubscribe", () => {
        seen.ended = true
      })
      return seen
    }

    const admin = () => issuer.token({ role: "admin", sub: "root" })
    const publish = async (shopId: string, count = 1): Promise<void> => {
      const headers = bearer(await admin())
      const { status } = await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(count, shopId), headers)
      expect(status).to.equal(200)
    }

    /** What a call or get is refused with. */
    const refusal = (attempt: Promise<unknown>): Promise<string | undefined> =>
      attempt.then(
        () => undefined,
        ({ code }: { code: string }) => code,
      )

    /** Waits until the subscription has ended; then events are published, none of which may come. */
    async function ends(seen: Watch, shopId: string): Promise<void> {
      await until("the subscription to end", () => seen.ended)
      const before = seen.added.length
      await publish(shopId, 20)
      await sleep(200)
      expect(seen.added.length).to.equal(before)
    }

    it("is had by who may read the shop, and by nobody else", async () => {
      const shopId = randomUUID()
      expect(await refusal(watch(newClient(), shopId))).to.equal("system.accessDenied")
      for (const jwt of [await token("shopper", [shopId]), await token("merchant", [randomUUID()])]) {
        expect(await refusal(watch(await login(jwt), shopId))).to.equal("system.accessDenied")
      }
      const seen = await watch(await login(await token("merchant", [shopId])), shopId)
      await publish(shopId)
      await until("the event", () => seen.added.length === 1)
    })

    it("is told who has logged in", async () => {
      const shopId = randomUUID()
      const exp = inSeconds(60)
      const client = newClient()
      expect(
        await client.authenticate("shopwire.auth", "login", {
          token: await token("merchant", [shopId], { name: "Ann", exp }),
        }),
      ).to.deep.equal({
        user: "ann",
        name: "Ann",
        role: "merchant",
        shops: [shopId],
        expires_at: new Date(exp * 1000).toISOString(),
      })
      expect(await refusal(client.authenticate("shopwire.auth", "login", { token: "abc" }))).to.equal(
        "auth.invalidToken",
      )
      expect(await refusal(client.authenticate("shopwire.auth", "login", {}))).to.equal("system.invalidParams")
    })

    it("ends with a logout, and only that login's", async () => {
      const shopId = randomUUID()
      const jwt = await token("merchant", [shopId])
      const [mine, other] = [await watch(await login(jwt), shopId), await watch(await login(jwt), shopId)]
      await mine.client.authenticate("shopwire.auth", "logout")
      await ends(mine, shopId)
      await until("the other's events", () => other.added.length === 20)
      expect(other.ended).to.equal(false)
    })

    it("ends when its token expires", async () => {
      const shopId = randomUUID()
      const seen = await watch(await login(await token("merchant", [shopId], { exp: soon() })), shopId)
      await publish(shopId)
      await until("an event before that", () => seen.added.length === 1)
      await until("the token to expire", () => seen.ended)
      await ends(seen, shopId)
      expect(await refusal(seen.client.get(`store.${shopId}.event.1`))).to.equal("system.accessDenied")
    })

    it("goes on when the login is renewed in time", async () => {
      const shopId = randomUUID()
      const exp = soon()
      const client = await login(await token("merchant", [shopId], { exp }))
      const seen = await watch(client, shopId)
      await login(await token("merchant", [shopId]), client)
      await until("the first token's time to be over", () => Date.now() > exp * 1000 + 500)
      await publish(shopId)
      await until("an event after the first token's time", () => seen.added.length === 1)
      expect(seen.ended).to.equal(false)
    })

    it("ends when the user's tokens are revoked", async () => {
      const shopId = randomUUID()
      const sub = randomUUID()
      const seen = await watch(await login(await token("merchant", [shopId], { sub, iat: inSeconds(-5) })), shopId)
      const root = await login(await admin())
      await root.call("shopwire.auth", "revoke", { user: sub })
      await ends(seen, shopId)
    })

    it("ends when a newer token of its user does not name the shop any more, and an older one gets it back for nobody", async () => {
      const shopId = randomUUID()
      const sub = randomUUID()
      const older = await token("merchant", [shopId], { sub, iat: inSeconds(-5) })
      const seen = await watch(await login(older), shopId)
      await login(await token("merchant", [], { sub }))
      await ends(seen, shopId)
      expect(await refusal(watch(await login(older), shopId))).to.equal("system.accessDenied")
      const event = publishEvent({ shop_id: shopId })
      expect((await post(`${product.edgeUrl}/publish/${shopId}`, event, bearer(older))).status).to.equal(403)
    })

    for (const [end, leave] of [
      ["a logout", (client: Client) => client.authenticate("shopwire.auth", "logout")],
      ["the newer token's time", () => sleep(soon() * 1000 - Date.now())],
    ] as const) {
      it(`is not got back by an older token after ${end}, nor after a restart of the service`, async () => {
        const shopId = randomUUID()
        const sub = randomUUID()
        const older = await token("merchant", [shopId], { sub, iat: inSeconds(-5) })
        const event = publishEvent({ shop_id: shopId })
        const isTaken = async (): Promise<void> => {
          expect((await post(`${product.edgeUrl}/publish/${shopId}`, event, bearer(older))).status).to.equal(403)
          expect(await refusal(watch(await login(older), shopId))).to.equal("system.accessDenied")
        }
        expect((await post(`${product.edgeUrl}/publish/${shopId}`, event, bearer(older))).status).to.equal(200)
        await leave(await login(await token("merchant", [], { sub, exp: soon() })))
        await isTaken()
        await product.restartService()
        await isTaken()
        const newest = bearer(await token("merchant", [shopId], { sub, iat: inSeconds(1) }))
        expect((await post(`${product.edgeUrl}/publish/${shopId}`, event, newest)).status).to.equal(200)
      })
    }

    it("goes on after a restart of the service; what ends then, ends it all the same", async () => {
      const shopId = randomUUID()
      const sub = randomUUID()
      const [jwt, short] = await Promise.all([
        token("merchant", [shopId], { sub, iat: inSeconds(-5) }),
        token("merchant", [shopId], { exp: soon() }),
      ])
      const [seen, expiring] = [await watch(await login(jwt), shopId), await watch(await login(short), shopId)]
      await product.restartService()
      await publish(shopId)
      await until("an event after the restart", () => seen.added.length === 1)
      expect(seen.ended).to.equal(false)
      const root = await login(await admin())
      await root.call("shopwire.auth", "revoke", { user: sub })
      await ends(seen, shopId)
      await until("the other token to expire", () => expiring.ended)
    })

    it("may not be used to call what its login does not allow any more", async () => {
      const shopId = randomUUID()
      const client = await login(await token("merchant", [shopId], { exp: soon() }))
      await watch(client, shopId)
      await until(
        "a call to be refused",
        async () =>
          (await refusal(client.call(`store.${shopId}.feed`, "publish", publishEvent({ shop_id: shopId })))) ===
          "system.accessDenied",
      )
    })

    it("is not had by a token that is for single HTTP requests, which would not end with it", async () => {
      const shopId = randomUUID()
      const client = newClient({ headers: { ...bearer(await token("merchant", [shopId])), origin: ORIGIN } })
      await client.authenticate("shopwire.auth", "logout")
      expect(await refusal(client.authenticate("shopwire.auth", "header"))).to.equal("system.accessDenied")
      expect(await refusal(watch(client, shopId))).to.equal("system.accessDenied")
    })

    it("is had by a cookie from a page that may bring it, by a header, and not from another page", async () => {
      const shopId = randomUUID()
      const jwt = await token("merchant", [shopId])
      const cookie = `other=1; ${COOKIE}=${jwt}`
      const by = async (headers: Record<string, string>): Promise<string | undefined> =>
        await refusal(watch(newClient({ headers }), shopId))
      expect(await by({ cookie, origin: ORIGIN })).to.equal(undefined)
      expect(await by(bearer(jwt))).to.equal(undefined)
      expect(await by({ cookie, origin: "https://evil.example" })).to.equal("system.accessDenied")
      expect(await by({ cookie })).to.equal("system.accessDenied")
      expect(await by({ cookie: `${COOKIE}=abc`, origin: ORIGIN })).to.equal("system.accessDenied")
    })
  })
})
