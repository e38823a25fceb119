import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { atOnce } from "../helpers/at-once.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { Issuer, inSeconds } from "../helpers/issuer.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

const ORIGIN = "https://merchant.example"
const COOKIE = "shopwire_token"
const KEEP_MS = 5000

/** The product with tokens, and readers of its streams. */
class GuardedStreams {
  readonly issuer: Issuer
  readonly product: Product
  readonly admin: string
  readonly #open: EventStream[] = []

  private constructor(issuer: Issuer, product: Product, admin: string) {
    this.issuer = issuer
    this.product = product
    this.admin = admin
  }

  static async start(): Promise<GuardedStreams> {
    const issuer = await Issuer.start()
    const product = await startProduct({
      auth: { verifier: issuer.verifier, cookie: { name: COOKIE, origins: [ORIGIN] } },
      doors: { origins: [ORIGIN] },
      stream: { keepMs: KEEP_MS },
    })
    return new GuardedStreams(issuer, product, await issuer.token({ role: "admin", sub: "root" }))
  }

  async read(shopId: string, headers: Record<string, string>, lastEventId = ""): Promise<EventStream> {
    const stream = await EventStream.open(`${this.product.edgeUrl}/stream/${shopId}`, lastEventId, headers)
    this.#open.push(stream)
    return stream
  }

  async publish(shopId: string): Promise<void> {
    const event = publishEvent({ shop_id: shopId })
    const { status } = await post(`${this.product.edgeUrl}/publish/${shopId}`, event, bearer(this.admin))
    expect(status).to.equal(200)
  }

  async stop(): Promise<void> {
    for (const stream of this.#open) stream.close()
    await this.product.stop()
    await this.issuer.stop()
  }
}

function bearer(jwt: string): Record<string, string> {
  return { authorization: `Bearer ${jwt}` }
}

describe("GET /stream/{shop_id}, with tokens", () => {
  atOnce(() => GuardedStreams.start(), {
    "lets in the shop's merchant and admins; says 401 or 403 to others": async (streams) => {
      const shopId = randomUUID()
      const status = async (headers: Record<string, string>): Promise<number | undefined> =>
        (await streams.read(shopId, headers)).response.statusCode
      const token = async (role: string, shops: string[]): Promise<Record<string, string>> =>
        bearer(await streams.issuer.token({ role, shops }))
      expect(await status(await token("merchant", [shopId]))).to.equal(200)
      expect(await status(bearer(streams.admin))).to.equal(200)
      expect(await status({})).to.equal(401)
      expect(await status(bearer("a.b.c"))).to.equal(401)
      expect(await status({ authorization: "Basic YTpi" })).to.equal(401)
      expect(await status(bearer(await streams.issuer.token({ exp: inSeconds(-60), iat: inSeconds(-90) })))).to.equal(
        401,
      )
      expect(await status(await token("merchant", [randomUUID()]))).to.equal(403)
      expect(await status(await token("shopper", [shopId]))).to.equal(403)
    },

    "lets an EventSource in by the cookie, from pages that may bring it only": async (streams) => {
      const shopId = randomUUID()
      const cookie = `other=1; ${COOKIE}=${await streams.issuer.token({ role: "merchant", shops: [shopId] })}`
      const { response } = await streams.read(shopId, { cookie, origin: ORIGIN })
      expect(response.statusCode).to.equal(200)
      expect(response.headers).to.include({
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
      })
      expect((await streams.read(shopId, { cookie, "sec-fetch-site": "same-origin" })).response.statusCode).to.equal(
        200,
      )
      const evil = (await streams.read(shopId, { cookie, origin: "https://evil.example" })).response
      expect(evil.statusCode).to.equal(401)
      expect(evil.headers["access-control-allow-credentials"]).to.equal(undefined)
      expect((await streams.read(shopId, { cookie, "sec-fetch-site": "cross-site" })).response.statusCode).to.equal(401)
      expect((await streams.read(shopId, { cookie })).response.statusCode).to.equal(401)
    },

    "ends with the token's time, and nothing comes after that": async (streams) => {
      const shopId = randomUUID()
      const exp = inSeconds(10)
      const stream = await streams.read(
        shopId,
        bearer(await streams.issuer.token({ role: "merchant", shops: [shopId], exp })),
      )
      await streams.publish(shopId)
      await stream.count(1)
      await until("the end", () => stream.ended)
      await streams.publish(shopId)
      expect(stream.events).to.have.length(1)
    },

    "ends when the user's tokens are revoked, also after a restart of the service; others go on": async (streams) => {
      const shopId = randomUUID()
      const reader = async (sub: string): Promise<EventStream> =>
        await streams.read(
          shopId,
          bearer(await streams.issuer.token({ role: "merchant", shops: [shopId], sub, iat: inSeconds(-5) })),
        )
      const [first, second, other] = [await reader("ann"), await reader("ben"), await reader("cat")]
      const revoke = async (user: string): Promise<void> => {
        const request = { params: { user }, token: { bearer: streams.admin } }
        expect((await resRequest(streams.product.nats, "call.shopwire.auth.revoke", request)).error).to.equal(undefined)
      }
      await revoke("ann")
      await until("the end", () => first.ended)
      await streams.product.restartService()
      await revoke("ben")
      await until("the end", () => second.ended)
      await streams.publish(shopId)
      await other.count(1)
      expect([first.events, second.events]).to.deep.equal([[], []])
    },

    "goes on for a while when the service does not say whether it may, and then ends, to come again": async (
      streams,
    ) => {
      const shopId = randomUUID()
      const headers = bearer(await streams.issuer.token({ role: "merchant", shops: [shopId], sub: "dan" }))
      const stream = await streams.read(shopId, headers)
      await until("a position to go on from", () => stream.lastEventId !== "")
      await streams.product.stopService()
      await sleep(KEEP_MS / 2)
      expect(stream.ended).to.equal(false)
      stream.retryMs = undefined
      await until("the end", () => stream.ended)
      expect(stream.comments).to.include("the service does not answer")
      expect(stream.retryMs).to.be.within(1000, 3000)
      await streams.product.restartService()
      const again = streams.read(shopId, headers, stream.lastEventId)
      await streams.publish(shopId)
      await (await again).count(1)
    },

    "goes on through an outage that is shorter than that": async (streams) => {
      const shopId = randomUUID()
      const stream = await streams.read(
        shopId,
        bearer(await streams.issuer.token({ role: "merchant", shops: [shopId], sub: "eve" })),
      )
      await until("a position to go on from", () => stream.lastEventId !== "")
      await streams.product.restartService()
      await sleep(KEEP_MS + 6000)
      await streams.publish(shopId)
      await stream.count(1)
    },
  })
})
