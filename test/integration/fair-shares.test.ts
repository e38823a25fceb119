import { randomUUID } from "node:crypto"
import { get, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { expect } from "chai"
import { publishEvent } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"

const PER_USER = 3
const PER_ADDRESS = 5
const STALL_MS = 5000

/** More than sockets and buffers between edge and client hold. */
const EVENTS = 2500

describe("streams and exports that are not read", () => {
  const shopId = randomUUID()
  const issuer = useIssuer()
  let product: Product
  let other: string
  const open: IncomingMessage[] = []

  before(async () => {
    other = await issuer.token({ sub: "other", role: "merchant", shops: [shopId] })
  })

  afterEach(async () => {
    for (const each of open.splice(0)) each.destroy()
    // Another edge has all places free.
    await product?.restartEdge()
  })

  /** @param stallMs undefined: longer than a test takes */
  async function start(stallMs?: number): Promise<void> {
    const places = { max: 6, perUser: PER_USER, perAddress: PER_ADDRESS }
    product = await startProduct({
      auth: { verifier: issuer.verifier, cookie: undefined },
      // Every test client is a proxy, and so may say which address it has.
      doors: { trustedProxies: ["127.0.0.1"], streams: places, exports: places },
      ...(stallMs === undefined
        ? {}
        : { stream: { heartbeatMs: 50, stallMs, maxQueueBytes: 1024 * 1024 * 1024 }, exportStallMs: stallMs }),
    })
    await publish()
  }

  const publish = (): Promise<void> =>
    fillLog(product.nats, publishEvent({ shop_id: shopId, product_name: "x".repeat(7000) }), EVENTS)

  /** An answer of which nothing is read. */
  function ask(door: "stream" | "export", jwt: string, address = "198.51.100.1"): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${jwt}`, "x-forwarded-for": address }
    return new Promise((resolve, reject) => {
      get(`${product.edgeUrl}/${door}/${shopId}`, { agent: false, headers }, (response) => {
        open.push(response)
        response.on("error", () => {})
        resolve(response)
      }).on("error", reject)
    })
  }

  /** A new token of the same merchant, as it gets one by logging in. */
  const merchant = (n: number): Promise<string> =>
    issuer.token({ sub: "merchant", role: "merchant", shops: [shopId], jti: `${n}` })

  describe("for as long as their clients hold them", () => {
    before(() => start())

    after(() => product?.stop())

    for (const door of ["stream", "export"] as const) {
      describe(`GET /${door}`, () => {
        it("take no more than a user's share, whatever tokens it has, and leave the door open for others", async () => {
          for (let i = 0; i < PER_USER; i++)
            expect((await ask(door, await merchant(i), `198.51.100.${i}`)).statusCode).to.equal(200)
          const refused = await ask(door, await merchant(PER_USER), "198.51.100.99")
          expect(refused.statusCode).to.equal(429)
          expect(refused.headers["retry-after"]).to.equal("1")
          expect(JSON.parse(await text(refused)).detail).to.include("for one user")
          expect((await ask(door, other)).statusCode).to.equal(200)
        })

        it("take no more than an address's share", async () => {
          for (let i = 0; i < PER_ADDRESS; i++)
            expect((await ask(door, await issuer.token({ sub: `${i}`, role: "admin" }))).statusCode).to.equal(200)
          const refused = await ask(door, other)
          expect(refused.statusCode).to.equal(429)
          expect(JSON.parse(await text(refused)).detail).to.include("for one address")
          expect((await ask(door, other, "198.51.100.2")).statusCode).to.equal(200)
          const full = await ask(door, other, "198.51.100.3")
          expect(full.statusCode, "all together").to.equal(503)
        })

        it("are not counted for a user whose name stands in a forged token", async () => {
          const forged = `${(await merchant(0)).split(".").slice(0, 2).join(".")}.AAAA`
          const answers = await Promise.all(Array.from({ length: 20 }, () => ask(door, forged, "203.0.113.1")))
          expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal(Array(20).fill(401))
          expect((await ask(door, await merchant(1))).statusCode).to.equal(200)
        })
      })
    }
  })

  describe("for too long", () => {
    before(() => start(STALL_MS))

    after(() => product?.stop())

    it("are ended after a time, and their places are free: an export", async () => {
      let asked = 0
      // On a slow machine the first are ended before the last are open.
      await until("a refusal", async () => (await ask("export", await merchant(asked++))).statusCode === 429)
      expect(asked).to.be.above(PER_USER)
      await until("a place", async () => (await ask("export", await merchant(9))).statusCode === 200)
    })

    it("are ended after a time, also where less waits than is held back: a stream", async () => {
      let ended = 0
      for (let i = 0; i < PER_USER; i++) {
        const stream = await ask("stream", await merchant(i))
        expect(stream.statusCode).to.equal(200)
        if (i > 0) stream.resume().once("close", () => ended++)
      }
      expect((await ask("stream", await merchant(9))).statusCode).to.equal(429)
      await publish()
      await until("a place", async () => (await ask("stream", await merchant(9))).statusCode === 200)
      expect(ended, "of those that are read").to.equal(0)
    })
  })
})
