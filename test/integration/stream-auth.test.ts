import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { inSeconds, soon, useIssuer } from "../helpers/issuer.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

const ORIGIN = "https://merchant.example"
const COOKIE = "shopwire_token"
const KEEP_MS = 2000

describe("GET /stream/{shop_id}, with tokens", () => {
  const issuer = useIssuer()
  const product = useProduct(() => ({
    auth: { verifier: issuer.verifier, cookie: { name: COOKIE, origins: [ORIGIN] } },
    doors: { origins: [ORIGIN] },
    stream: { keepMs: KEEP_MS },
  }))
  const opened = closeAfterEach<EventStream>((stream) => stream.close())
  let admin: string

  before(async () => {
    admin = await issuer.token({ role: "admin", sub: "root" })
  })

  async function read(shopId: string, headers: Record<string, string>): Promise<EventStream> {
    return opened(await EventStream.open(`${product.edgeUrl}/stream/${shopId}`, "", headers))
  }

  async function publish(shopId: string): Promise<void> {
    const event = publishEvent({ shop_id: shopId })
    const { status } = await post(`${product.edgeUrl}/publish/${shopId}`, event, bearer(admin))
    expect(status).to.equal(200)
  }

  function bearer(jwt: string): Record<string, string> {
    return { authorization: `Bearer ${jwt}` }
  }

  it("lets in the shop's merchant and admins; says 401 or 403 to others", async () => {
    const shopId = randomUUID()
    const status = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await read(shopId, headers)).response.statusCode
    const token = async (role: string, shops: string[]): Promise<Record<string, string>> =>
      bearer(await issuer.token({ role, shops }))
    expect(await status(await token("merchant", [shopId]))).to.equal(200)
    expect(await status(bearer(admin))).to.equal(200)
    expect(await status({})).to.equal(401)
    expect(await status(bearer("a.b.c"))).to.equal(401)
    expect(await status({ authorization: "Basic YTpi" })).to.equal(401)
    expect(await status(bearer(await issuer.token({ exp: inSeconds(-60), iat: inSeconds(-90) })))).to.equal(401)
    expect(await status(await token("merchant", [randomUUID()]))).to.equal(403)
    expect(await status(await token("shopper", [shopId]))).to.equal(403)
  })

  it("lets an EventSource in by the cookie, from pages that may bring it only", async () => {
    const shopId = randomUUID()
    const cookie = `other=1; ${COOKIE}=${await issuer.token({ role: "merchant", shops: [shopId] })}`
    const { response } = await read(shopId, { cookie, origin: ORIGIN })
    expect(response.statusCode).to.equal(200)
    expect(response.headers).to.include({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-credentials": "true",
    })
    expect((await read(shopId, { cookie, "sec-fetch-site": "same-origin" })).response.statusCode).to.equal(200)
    const evil = (await read(shopId, { cookie, origin: "https://evil.example" })).response
    expect(evil.statusCode).to.equal(401)
    expect(evil.headers["access-control-allow-credentials"]).to.equal(undefined)
    expect((await read(shopId, { cookie, "sec-fetch-site": "cross-site" })).response.statusCode).to.equal(401)
    expect((await read(shopId, { cookie })).response.statusCode).to.equal(401)
  })

  it("ends with the token's time, and nothing comes after that", async () => {
    const shopId = randomUUID()
    const exp = soon()
    const stream = await read(shopId, bearer(await issuer.token({ role: "merchant", shops: [shopId], exp })))
    await publish(shopId)
    await stream.count(1)
    await until("the end", () => stream.ended)
    await publish(shopId)
    expect(stream.events).to.have.length(1)
  })

  it("ends when the user's tokens are revoked, also after a restart of the service; others go on", async () => {
    const shopId = randomUUID()
    const reader = async (sub: string): Promise<EventStream> =>
      await read(shopId, bearer(await issuer.token({ role: "merchant", shops: [shopId], sub, iat: inSeconds(-5) })))
    const [first, second, other] = [await reader("ann"), await reader("ben"), await reader("cat")]
    const revoke = async (user: string): Promise<void> => {
      const request = { params: { user }, token: { bearer: admin } }
      expect((await resRequest(product.nats, "call.shopwire.auth.revoke", request)).error).to.equal(undefined)
    }
    await revoke("ann")
    await until("the end", () => first.ended)
    await product.restartService()
    await revoke("ben")
    await until("the end", () => second.ended)
    await publish(shopId)
    await other.count(1)
    expect([first.events, second.events]).to.deep.equal([[], []])
  })

  it("goes on for a while when the service does not say whether it may, and then ends, to come again", async () => {
    const shopId = randomUUID()
    const headers = bearer(await issuer.token({ role: "merchant", shops: [shopId], sub: "dan" }))
    const stream = await read(shopId, headers)
    await until("a position to go on from", () => stream.lastEventId !== "")
    await product.stopService()
    await sleep(KEEP_MS / 2)
    expect(stream.ended).to.equal(false)
    stream.retryMs = undefined
    await until("the end", () => stream.ended)
    expect(stream.comments).to.include("the service does not answer")
    expect(stream.retryMs).to.be.within(1000, 3000)
    await product.restartService()
    const again = EventStream.open(`${product.edgeUrl}/stream/${shopId}`, stream.lastEventId, headers)
    await publish(shopId)
    await opened(await again).count(1)
  })

  it("goes on through an outage that is shorter than that", async () => {
    const shopId = randomUUID()
    const stream = await read(shopId, bearer(await issuer.token({ role: "merchant", shops: [shopId], sub: "eve" })))
    await until("a position to go on from", () => stream.lastEventId !== "")
    await product.restartService()
    await sleep(KEEP_MS + 6000)
    await publish(shopId)
    await stream.count(1)
  })
})
