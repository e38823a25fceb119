import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "node:net"
import { expect } from "chai"
import fc from "fast-check"
import { clientAddresses, natsConn, silentLogger } from "res-service"
import { OwnPages } from "../../config/own-pages.ts"
import { PublishEvent } from "../../contract/publish-event.ts"
import { Checks } from "../../edge/http/checks.ts"
import { leanPublish } from "../../edge/http/lean-publish.ts"
import { RateLimits } from "../../edge/http/rate-limits.ts"
import { oddPublication, sides } from "../fuzz/inputs.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { Issuer } from "../helpers/issuer.ts"
import { LAX_FORMS, REFUSED_FORMS } from "../helpers/lax-forms.ts"
import { type Product, startTestEdge, useProduct } from "../helpers/product.ts"
import { said } from "../helpers/raw-request.ts"
import { getFeed } from "../helpers/res.ts"
import { PATIENCE_MS } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const SEED = process.env.FC_SEED === undefined ? Date.now() % 1_000_000 : Number(process.env.FC_SEED)
const FUZZ_INPUTS = 150

const JSON_TYPE = { "Content-Type": "application/json" }

type HeaderList = Readonly<Record<string, string>>

/** The bytes of a POST, after which the server closes the connection, unless `headers` say otherwise. */
function postBytes(path: string, body: string | Uint8Array, headers: HeaderList = JSON_TYPE): Buffer {
  const bytes = Buffer.from(body)
  const all = { Host: "127.0.0.1", "Content-Length": bytes.length, Connection: "close", ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), bytes])
}

/** What a server said, with its headers in one order, and without what differs from answer to answer. */
function comparable(text: string): string {
  return (
    text
      .replaceAll(/(?<=X-Request-Id: |"request_id":")[\w-]{36}(?=\r|")/g, "<id>")
      .replaceAll(/(?<=Date: ).*/g, "<date>")
      // A sequence may get one more digit from one answer to the next.
      .replaceAll(/(?<=Content-Length: )\d+(?=.*"seq":)/gs, "<length>")
      .replaceAll(/(?<=X-Event-Seq: |"seq":)\d+/g, "<seq>")
      // Of earlier events, if they have brought anything yet.
      .replaceAll(/Shared-Session-Status: .*\r\n/g, "")
      .replaceAll(/;r=\d+;t=\d+/g, ";r=<left>;t=<seconds>")
      .replaceAll(/(?<=Retry-After: )(?:[1-9]|10)(?=\r)/g, "<seconds>")
      .replaceAll(/HTTP\/1\.1 \d.*?\r\n\r\n/gs, (head) => {
        const [status, ...headers] = head.trimEnd().split("\r\n")
        return [status, ...headers.toSorted(), "", ""].join("\r\n")
      })
  )
}

/**
 * Sends a request to `/publish/{shop}`, which takes the lean way, and to the same path with a slash at its end, which only Express
 * takes. Expects the same answer, and gives it.
 */
async function bothWays(url: string, request: (path: string) => string | Uint8Array, shop: string): Promise<string> {
  const [lean = "", express = ""] = await Promise.all(
    [`/publish/${shop}`, `/publish/${shop}/`].map((path) => said(url, request(path))),
  )
  expect(comparable(lean)).to.equal(comparable(express))
  expect(lean).to.match(/^HTTP\/1\.1 \d{3} /)
  return lean
}

const statusOf = (answer: string): number => Number(answer.slice("HTTP/1.1 ".length).slice(0, 3))

describe("leanPublish()", () => {
  /** A server whose publishes answer with the text they got; it tells what it did not take. */
  const server = use(async () => {
    const checks = new Checks({
      origins: [],
      pages: undefined,
      limits: new RateLimits({ perAddress: 0, perToken: 0, perShop: 0 }),
    })
    const lean = leanPublish({
      addresses: clientAddresses([]),
      checks,
      publish: async (exchange, shopId, { text }) => exchange.send(200, "text/plain", `lean ${shopId} ${text}`),
      logger: silentLogger,
    })
    const http = createServer((req, res) => {
      if (!lean(req, res))
        res.end(`left, ${res.getHeaderNames().length} headers, ${req.listenerCount("data")} listeners`)
    })
    await once(http.listen(0, "127.0.0.1"), "listening")
    return {
      url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      stop: async () => void http.close(),
    }
  })
  const shop = "123e4567-e89b-42d3-a456-426614174000"
  const sent = async (bytes: Uint8Array): Promise<string> => (await said(server.url, bytes)).split("\r\n\r\n")[1] ?? ""

  it("takes a plain path with a shop ID in any case, with dashes or without", async () => {
    for (const id of [shop, shop.toUpperCase(), shop.replaceAll("-", "")])
      expect(await sent(postBytes(`/publish/${id}`, "5"))).to.equal(`lean ${shop} 5`)
  })

  const left: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ...["", "/", "?a=b", "0"].map((end) => [`the path's end ${end}`, postBytes(`/send/${shop}${end}`, "5")] as const),
    ...["/", "?a=b", "#a", "/more", "0"].map(
      (end) => [`${end} behind the shop`, postBytes(`/publish/${shop}${end}`, "5")] as const,
    ),
    ["another case of the path", postBytes(`/Publish/${shop}`, "5")],
    ["a path that must be decoded", postBytes(`/publish/${shop.replace("1", "%31")}`, "5")],
    ["a full URL", postBytes(`http://127.0.0.1/publish/${shop}`, "5")],
    ["a compressed body", postBytes(`/publish/${shop}`, "5", { ...JSON_TYPE, "Content-Encoding": "gzip" })],
    [
      "a chunked body",
      Buffer.from(
        postBytes(`/publish/${shop}`, "").toString().replace("Content-Length: 0", "Transfer-Encoding: chunked") +
          "1\r\n5\r\n0\r\n\r\n",
      ),
    ],
    ["no body", Buffer.from(postBytes(`/publish/${shop}`, "").toString().replace("Content-Length: 0\r\n", ""))],
    ["a body that is too large", postBytes(`/publish/${shop}`, " ".repeat(768 * 1024 + 1))],
    ["another method", Buffer.from(postBytes(`/publish/${shop}`, "5").toString().replace("POST", "PUT"))],
  ]
  for (const [what, bytes] of left) {
    it(`leaves a request untouched given ${what}`, async () =>
      expect(await sent(bytes)).to.equal("left, 0 headers, 0 listeners"))
  }
})

describe("POST /publish/{shop_id}, without Express and with it", function () {
  this.timeout(2 * PATIENCE_MS)

  const answersAsExpress = (product: Product, own: HeaderList = {}): void => {
    const event = publishEvent()
    const shop = event.shop_id
    const text = JSON.stringify(event)
    const answer = (body: string | Uint8Array, headers: HeaderList = JSON_TYPE, path = shop): Promise<string> =>
      bothWays(product.edgeUrl, (to) => postBytes(to, body, { ...own, ...headers }), path)

    const bodies: Readonly<Record<string, readonly [status: number, body: string | Uint8Array]>> = {
      "an event": [200, text],
      "an array": [200, JSON.stringify(publishEvents(3, shop))],
      "an array of 1,001 events": [413, JSON.stringify(publishEvents(1001, shop))],
      "white space around it": [200, `\r\n\t ${text}\n`],
      "a byte order mark": [200, `\ufeff${text}`],
      "two byte order marks": [400, `\ufeff\ufeff${text}`],
      "unknown members, __proto__ among them": [
        200,
        `${text.slice(0, -1)},"token":{"role":"admin"},"cid":"x","__proto__":{"a":1},"constructor":{},"events":1}`,
      ],
      "a member twice, right the second time": [200, `{"action":5,${text.slice(1)}`],
      "a member twice, wrong the second time": [422, `${text.slice(0, -1)},"action":5}`],
      "half a character": [422, text.replace("ADD", "\\ud800")],
      "what HTML reads": [200, JSON.stringify({ ...event, action: "</script>&\u2028\u2029" })],
      "a body that would end the request's params": [400, `${text}},"token":{"role":"admin"},"x":{"a":1`],
      text: [400, "not JSON"],
      nothing: [400, ""],
      NaN: [400, text.replace("12.18", "NaN")],
      "bytes that are not UTF-8": [400, Buffer.from(text.replace("FUJI", "\xff"), "latin1")],
      "a number beyond all": [422, text.replace("12.18", "1e999")],
      "numbers that grow when they are written again": [422, `[${"1e20,".repeat(900)}1]`],
      "100,000 nested arrays": [422, `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
      "2,000 nested objects in an unknown member": [
        200,
        `${text.slice(0, -1)},"x":${'{"a":'.repeat(500)}1${"}".repeat(501)}`,
      ],
      "many brackets in a text": [413, JSON.stringify({ ...event, action: "[".repeat(9000) })],
      "an event of more than 8 KiB": [413, JSON.stringify({ ...event, product_name: "x".repeat(8192) })],
      "a body of 1 MB": [413, JSON.stringify({ ...event, product_name: "x".repeat(1_000_000) })],
      "another shop's event": [422, JSON.stringify(publishEvent())],
      "an array with another shop's event": [422, JSON.stringify([event, publishEvent()])],
      "an array with a bad event": [422, JSON.stringify([event, { ...event, action_id: "x" }])],
      "an array where all is wrong": [422, JSON.stringify(Array(1000).fill({}))],
      "an empty array": [422, "[]"],
      "a shared session": [200, JSON.stringify({ ...event, shared_session: "party~1" })],
      "a shared session that is none": [200, JSON.stringify({ ...event, shared_session: null })],
      "shared sessions that cannot be one": [422, JSON.stringify([event, { ...event, shared_session: "a b" }])],
      "5": [422, "5"],
      null: [422, "null"],
      true: [422, "true"],
    }
    for (const [what, [status, body]] of Object.entries(bodies)) {
      it(`answers ${status} given ${what}`, async () => expect(statusOf(await answer(body))).to.equal(status))
    }

    it("answers the same given each field missing or of another type, and what senders write instead", async () => {
      for (const field of Object.keys(PublishEvent.shape)) {
        for (const value of [undefined, null, {}, [], true])
          expect(statusOf(await answer(JSON.stringify({ ...event, [field]: value })))).to.equal(422)
      }
      for (const [field, value] of LAX_FORMS)
        expect(statusOf(await answer(JSON.stringify({ ...event, [field]: value })))).to.equal(200)
      for (const [field, value] of REFUSED_FORMS)
        expect(statusOf(await answer(JSON.stringify({ ...event, [field]: value })))).to.equal(422)
    })

    const producerOnce = { "Producer-Id": randomUUID(), "Producer-Epoch": "1", "Producer-Seq": "5" }
    const headers: readonly (readonly [status: number, headers: HeaderList])[] = [
      [own.Origin === undefined ? 200 : 415, {}],
      [200, { "Content-Type": 'application/json; charset="utf-8"' }],
      [200, { "Content-Type": "application/vnd.shop+json;charset=UTF8" }],
      [415, { "Content-Type": "application/json; charset=utf-16" }],
      [415, { "Content-Type": "application/json, text/plain" }],
      [415, { "Content-Type": "text/plain" }],
      [415, { "Content-Type": "json" }],
      [200, { ...JSON_TYPE, "Idempotency-Key": 'a "key" with \\ and <' }],
      [400, { ...JSON_TYPE, "Idempotency-Key": "" }],
      [400, { ...JSON_TYPE, "Idempotency-Key": "x".repeat(256) }],
      [400, { ...JSON_TYPE, "Idempotency-Key": "\xe4" }],
      [400, { ...JSON_TYPE, "Producer-Id": "x" }],
      [400, { ...JSON_TYPE, ...producerOnce, "Producer-Epoch": "1.0" }],
      [400, { ...JSON_TYPE, ...producerOnce, "Idempotency-Key": "key" }],
      [
        200,
        { ...JSON_TYPE, "Shared-Session": "party~1", "Shared-Session-Name": "Zo%C3%AB", "Shared-Session-Invite": "x" },
      ],
      [200, { ...JSON_TYPE, "Shared-Session": "" }],
      [200, { ...JSON_TYPE, "Shared-Session-Name": "100% Zo\xeb" }],
      [422, { ...JSON_TYPE, "Shared-Session": "a b" }],
      [422, { ...JSON_TYPE, "Shared-Session": "party", "Shared-Session-Name": "%00" }],
      [422, { ...JSON_TYPE, "Shared-Session": "party", "Shared-Session-Invite": "x".repeat(501) }],
      [200, { ...JSON_TYPE, "X-Request-Id": "abc-123" }],
      [200, { ...JSON_TYPE, "X-Request-Id": "RateLimit" }],
      [200, { ...JSON_TYPE, "X-Request-Id": "a b<script>" }],
      [200, { ...JSON_TYPE, Authorization: "Bearer a.b.c=" }],
      [401, { ...JSON_TYPE, Authorization: "Basic abc" }],
      [401, { ...JSON_TYPE, Authorization: "" }],
      [415, { ...JSON_TYPE, "Content-Encoding": "zip" }],
      [200, { ...JSON_TYPE, "Content-Encoding": "identity" }],
      [200, { ...JSON_TYPE, Accept: "text/html", "If-None-Match": "*", Range: "bytes=0-1" }],
      [200, { ...JSON_TYPE, "X-HTTP-Method-Override": "GET", "X-Forwarded-For": "192.0.2.1, 198.51.100.7" }],
      [400, { ...JSON_TYPE, host: "other" }],
    ]
    for (const [status, given] of headers) {
      it(`answers ${status} given the headers ${JSON.stringify(given).slice(0, 80)}`, async () =>
        expect(statusOf(await answer(text, given))).to.equal(status))
    }

    it("answers the same to a producer that repeats a request, with a gap before it, or has begun a new epoch", async () => {
      const given = { ...JSON_TYPE, ...producerOnce }
      await said(product.edgeUrl, postBytes(`/publish/${shop}`, text, { ...own, ...given }))
      const repeated = await answer(text, given)
      expect(repeated).to.match(/Producer-Repeated: true\r\n.*Producer-Missing: 1-4\r\n.*"missing":\[1,2,3,4\]/s)
      expect(statusOf(await answer(JSON.stringify({ ...event, action: "Z" }), given))).to.equal(409)
      expect(statusOf(await answer(text, { ...given, "Producer-Epoch": "0" }))).to.equal(409)
    })

    for (const path of ["x", "-".repeat(36), "123e4567-e89b-12d3-a456-426614174000", "0".repeat(32), "%E0%A4%A"]) {
      it(`answers the same given the path /publish/${path}`, async () => {
        expect(statusOf(await answer(text, JSON_TYPE, path))).to.be.oneOf([400, 422])
      })
    }

    it("stores the same, in whatever case and form the path names the shop", async () => {
      const lean = publishEvent()
      for (const path of [lean.shop_id, lean.shop_id.toUpperCase(), lean.shop_id.replaceAll("-", "")])
        expect(statusOf(await answer(JSON.stringify({ ...lean, more: 1 }), JSON_TYPE, path))).to.equal(200)
      for (const { seq, received_at, ...shown } of await getFeed(product.nats, lean.shop_id))
        expect(shown).to.deep.equal(lean)
      expect(await getFeed(product.nats, lean.shop_id)).to.have.length(6)
    })

    it(`[seed ${SEED}] answers the same given odd publications`, async () => {
      const path = sides[0].shopId
      for (const body of fc.sample(oddPublication, { seed: SEED, numRuns: FUZZ_INPUTS }))
        await answer(JSON.stringify(body) ?? "undefined", JSON_TYPE, path)
    })

    const twoEvents = JSON.stringify(publishEvents(2, shop))
    const noClose = { ...own, ...JSON_TYPE, Connection: "keep-alive" }
    const conversations: Readonly<Record<string, (path: string) => string | Uint8Array>> = {
      "pipelined requests, good and bad": (path) =>
        Buffer.concat([
          postBytes(path, text, noClose),
          postBytes(path, "not JSON", noClose),
          postBytes(path, text, { ...noClose, "Content-Type": "text/plain" }),
          postBytes(path, twoEvents, noClose),
          postBytes(path, "", { ...own, ...JSON_TYPE }),
        ]),
      "more bytes than Content-Length says": (path) => postBytes(path, text, { ...noClose, "Content-Length": "10" }),
      "a body of 1 GB that is announced": (path) =>
        postBytes(path, "", { ...JSON_TYPE, "Content-Length": "1000000000" }),
      "Expect: 100-continue": (path) => postBytes(path, text, { ...own, ...JSON_TYPE, Expect: "100-continue" }),
      "Expect of something else": (path) => postBytes(path, text, { ...own, ...JSON_TYPE, Expect: "more" }),
      "HTTP/1.0": (path) =>
        postBytes(path, text, { ...own, ...JSON_TYPE })
          .toString()
          .replace("HTTP/1.1", "HTTP/1.0"),
      "no Host": (path) =>
        postBytes(path, text, { ...own, ...JSON_TYPE })
          .toString()
          .replace(/Host: .*\r\n/, ""),
      "headers of 17 KB": (path) => postBytes(path, text, { ...JSON_TYPE, "X-A": "b".repeat(17_000) }),
      ...Object.fromEntries(
        ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].map((method) => [
          method,
          (path: string) =>
            postBytes(path, "", { ...own, ...JSON_TYPE })
              .toString()
              .replace("POST", method),
        ]),
      ),
    }
    for (const [what, request] of Object.entries(conversations)) {
      it(`answers the same given ${what}`, () => bothWays(product.edgeUrl, request, shop))
    }
  }

  describe("by default", () => answersAsExpress(useProduct()))

  describe("with proxies, rates, CORS_ORIGINS and own pages", () => {
    const origin = "https://shop.example"
    const pages = new OwnPages({ CORS_ORIGINS: [origin], EDGE_PORT: 0, PUBLIC_HOSTS: undefined })
    const product = useProduct({
      doors: {
        trustedProxies: ["127.0.0.1"],
        rates: { perAddress: 100_000, perToken: 100_000, perShop: 100_000 },
        origins: [origin],
        pages,
      },
      pages,
    })
    answersAsExpress(product, { Origin: origin })

    it("refuses other pages with 403", async () => {
      const event = publishEvent()
      const from = (page: string) =>
        bothWays(
          product.edgeUrl,
          (path) => postBytes(path, JSON.stringify(event), { ...JSON_TYPE, Origin: page }),
          event.shop_id,
        )
      expect(statusOf(await from("https://evil.example"))).to.equal(403)
      expect(await from(origin)).to.include(`Access-Control-Allow-Origin: ${origin}\r\n`)
    })
  })

  describe("with rates that are used up", () => {
    // Over ten seconds: 1,000 requests an address, 20 a token, 20 events a shop.
    const rates = { perAddress: 100, perToken: 2, perShop: 2 }
    const product = useProduct({ doors: { trustedProxies: ["127.0.0.1"], rates } })

    it("answers 429, with Retry-After and what is left, for an address, a token and a shop", async () => {
      const event = publishEvent()
      const from = (address: number, body: unknown = event, headers: HeaderList = {}) =>
        bothWays(
          product.edgeUrl,
          (path) =>
            postBytes(path, JSON.stringify(body), {
              ...JSON_TYPE,
              "X-Forwarded-For": `192.0.2.${address}`,
              ...headers,
            }),
          event.shop_id,
        )
      const refusal = /^HTTP\/1\.1 429 .*"address";r=\d+.*Too many requests for one (\w+); try again later/s
      const many = (count: number) => publishEvents(count, event.shop_id)
      expect(refusal.exec(await from(1, many(1001)))?.[1]).to.equal("address")
      expect(refusal.exec(await from(2, many(21), { Authorization: "Bearer one" }))?.[1]).to.equal("token")
      expect(statusOf(await from(3, many(10)))).to.equal(200)
      expect(refusal.exec(await from(4))?.[1]).to.equal("shop")
    })
  })

  describe("with AUTH", () => {
    const issuer = use(() => Issuer.start())
    const product = useProduct(() => ({ auth: { verifier: issuer.verifier, cookie: undefined } }))

    it("answers 401 without a token or with a wrong one, 403 for another shop, 200 for one's own", async () => {
      const event = publishEvent()
      const token = async (shopId: string) => ({
        Authorization: `Bearer ${await issuer.token({ sub: "ann", role: "merchant", shops: [shopId] })}`,
      })
      const answer = (headers: HeaderList) =>
        bothWays(
          product.edgeUrl,
          (path) => postBytes(path, JSON.stringify(event), { ...JSON_TYPE, ...headers }),
          event.shop_id,
        )
      expect(await answer({})).to.match(/^HTTP\/1\.1 401 .*WWW-Authenticate: Bearer realm="shopwire"\r\n/s)
      expect(await answer({ Authorization: "Bearer x" })).to.match(/^HTTP\/1\.1 401 .*error="invalid_token"\r\n/s)
      expect(statusOf(await answer(await token(randomUUID())))).to.equal(403)
      expect(statusOf(await answer(await token(event.shop_id)))).to.equal(200)
    })
  })

  describe("while something ends", () => {
    const product = useProduct()
    const event = publishEvent()
    const text = JSON.stringify(event)
    const whole = (path: string): Buffer => postBytes(path, text)

    it("stores nothing, and answers the same, when a client leaves in the middle of a body", async () => {
      const begun = (path: string): Buffer => whole(path).subarray(0, -5)
      const halfSaid = async (path: string): Promise<string> => {
        const socket = connect(Number(new URL(product.edgeUrl).port), "127.0.0.1")
        const parts: Buffer[] = []
        socket.on("data", (part) => parts.push(part))
        socket.end(begun(path))
        await once(socket, "close")
        return Buffer.concat(parts).toString()
      }
      const path = `/publish/${event.shop_id}`
      expect(await halfSaid(path)).to.equal(await halfSaid(`${path}/`))
      expect(await getFeed(product.nats, event.shop_id)).to.deep.equal([])
    })

    it("takes a body in many pieces", async () => {
      for (const path of [`/publish/${event.shop_id}`, `/publish/${event.shop_id}/`]) {
        const socket = connect(Number(new URL(product.edgeUrl).port), "127.0.0.1").setNoDelay()
        for (const byte of whole(path)) {
          socket.write(Buffer.of(byte))
          await new Promise((resolve) => setImmediate(resolve))
        }
        const [answer] = (await once(socket, "data")) as [Buffer]
        expect(statusOf(answer.toString())).to.equal(200)
        socket.destroy()
      }
    })

    it("closes the connection after a request that comes while the edge stops", async () => {
      const edge = await startTestEdge(natsConn(product.nats))
      const connections = [`/publish/${event.shop_id}`, `/publish/${event.shop_id}/`].map((path) => {
        const socket = connect(edge.port, "127.0.0.1")
        let answer = ""
        socket.on("data", (part) => {
          answer += part.toString()
        })
        const headers = { ...JSON_TYPE, Connection: "keep-alive", Expect: "100-continue" }
        const bytes = postBytes(path, text, headers)
        const bodyAt = bytes.indexOf("\r\n\r\n") + 4
        socket.write(bytes.subarray(0, bodyAt))
        const rest = Buffer.concat([
          bytes.subarray(bodyAt),
          postBytes(path, text, { ...JSON_TYPE, Connection: "keep-alive" }),
        ])
        return {
          begun: once(socket, "data"),
          rest,
          socket,
          closed: once(socket, "close").then(() => comparable(answer)),
        }
      })
      await Promise.all(connections.map(({ begun }) => begun))
      const stopped = edge.stop()
      for (const { socket, rest } of connections) socket.write(rest)
      const [lean = "", express] = await Promise.all(connections.map(({ closed }) => closed))
      expect(lean).to.equal(express)
      expect(lean).to.match(/200 OK.*Connection: keep-alive.*200 OK.*Connection: close/s)
      await stopped
    })

    it("answers 503 with Retry-After when the service is away", async () => {
      await product.stopService()
      expect(await bothWays(product.edgeUrl, whole, event.shop_id)).to.match(/^HTTP\/1\.1 503 .*Retry-After: 1\r\n/s)
    })
  })
})
