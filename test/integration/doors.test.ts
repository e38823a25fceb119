import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect as connectTcp, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { expect } from "chai"
import { natsConn } from "res-service"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { type Answer, get, post } from "../helpers/http.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { said, upgradeStatus as statusOfUpgrade } from "../helpers/raw-request.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

/** The status with which an old WebSocket is refused; 101 when it is opened. */
const upgradeStatus = (edgeUrl: string, headers?: Record<string, string>): Promise<number> =>
  statusOfUpgrade(`${edgeUrl}/doors`, headers)

describe("the edge's doors", () => {
  describe("by default", () => {
    const product = useProduct()

    it("send security headers with every answer of the API, also with errors", async () => {
      for (const path of ["/healthz", "/nowhere"]) {
        const { headers } = await get(`${product.edgeUrl}${path}`)
        expect(headers.get("content-security-policy"), path).to.equal("default-src 'none';frame-ancestors 'none'")
        expect(headers.get("x-content-type-options"), path).to.equal("nosniff")
        expect(headers.get("x-frame-options"), path).to.equal("SAMEORIGIN")
        expect(headers.get("referrer-policy"), path).to.equal("no-referrer")
        expect(headers.get("strict-transport-security"), path).to.match(/^max-age=\d+/)
        expect(headers.has("x-powered-by"), path).to.equal(false)
        expect(headers.has("server"), path).to.equal(false)
      }
    })

    it("answer 400 to several Host headers, and open no WebSocket", async () => {
      const hosts = "Host: a\r\nhost: a\r\n"
      expect(await said(product.edgeUrl, `GET /readyz HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`)).to.match(
        /^HTTP\/1\.1 400 /,
      )
      const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      const answer = await said(product.edgeUrl, `GET /doors HTTP/1.1\r\n${hosts}${upgrade}${key}\r\n`)
      expect(answer).to.match(/^HTTP\/1\.1 400 /)
    })

    it("keep an idle connection for longer than proxies do, so that none is closed under a request", async () => {
      const { headers } = await get(`${product.edgeUrl}/healthz`)
      const [, seconds] = /timeout=(\d+)/.exec(headers.get("keep-alive") ?? "") ?? []
      expect(Number(seconds)).to.be.greaterThan(120)
    })

    it("send no CORS header, and take an old WebSocket from any page", async () => {
      const origin = "https://shop.example"
      const answer = await post(`${product.edgeUrl}/sessions`, {}, { origin })
      expect(answer.status).to.equal(201)
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).to.deep.equal([])
      expect(await upgradeStatus(product.edgeUrl, { origin })).to.equal(101)
    })
  })

  describe("with CORS_ORIGINS", () => {
    const origin = "https://shop.example"
    const product = useProduct({ doors: { origins: [origin, "http://localhost:5173"] } })

    it("let a listed origin's page read answers and their headers", async () => {
      const event = publishEvent()
      const { status, headers } = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event, { origin })
      expect(status).to.equal(200)
      expect(headers.get("access-control-allow-origin")).to.equal(origin)
      expect(headers.get("vary")).to.match(/Origin/)
      const exposed = headers.get("access-control-expose-headers")?.split(",")
      expect(exposed).to.include.members(["X-Event-Seq", "X-Request-Id", "Retry-After", "Location"])
      expect(exposed).to.include.members(["Producer-Repeated", "Producer-Missing"])
      expect(headers.has("access-control-allow-credentials")).to.equal(false)
    })

    it("answer its preflight", async () => {
      const { status, headers } = await fetch(`${product.edgeUrl}/publish/${randomUUID()}`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type,idempotency-key",
        },
      })
      expect(status).to.equal(204)
      expect(headers.get("access-control-allow-origin")).to.equal(origin)
      expect(headers.get("access-control-allow-methods")).to.include("POST")
      expect(headers.get("access-control-allow-headers")).to.equal("authorization,content-type,idempotency-key")
    })

    it("give another origin's page nothing", async () => {
      for (const other of ["https://evil.example", "https://shop.example.evil.example", "null"]) {
        const { headers } = await post(`${product.edgeUrl}/sessions`, {}, { origin: other })
        expect(headers.has("access-control-allow-origin"), other).to.equal(false)
      }
    })

    it("take an old WebSocket from a listed origin, from here, and from what is no browser; refuse others with 403", async () => {
      expect(await upgradeStatus(product.edgeUrl, { origin })).to.equal(101)
      expect(await upgradeStatus(product.edgeUrl, { origin: product.edgeUrl })).to.equal(101)
      expect(await upgradeStatus(product.edgeUrl)).to.equal(101)
      for (const other of ["https://evil.example", "null", "https://shop.example:444"])
        expect(await upgradeStatus(product.edgeUrl, { origin: other }), other).to.equal(403)
    })
  })

  describe("with rate limits", () => {
    const product = useProduct({
      // Over ten seconds: 100 requests an address, 50 a token, 30 events a shop.
      doors: { trustedProxies: ["127.0.0.1"], rates: { perAddress: 10, perToken: 5, perShop: 3 } },
      newSocketsPerMinute: 3,
    })
    /** A client of its own for each test, seen through a proxy. */
    const from = (last: number): Record<string, string> => ({ "x-forwarded-for": `192.0.2.${last}` })
    const publishUrl = (shopId: string): string => `${product.edgeUrl}/publish/${shopId}`
    /** Uses up what an address may send in its ten seconds, which may end at any time. Resolves to a refusal. */
    const refusedTo = (last: number): Promise<Answer> =>
      until("a refusal", async () => {
        const sent = Array.from({ length: 101 }, () => post(`${product.edgeUrl}/sessions`, {}, from(last)))
        return (await Promise.all(sent)).find(({ status }) => status === 429)
      })

    it("tell what is left", async () => {
      const event = publishEvent()
      const headers = { ...from(1), authorization: "Bearer one" }
      const answer = await post(publishUrl(event.shop_id), event, headers)
      expect(answer.headers.get("ratelimit-policy")).to.equal(
        '"address";q=100;w=10, "token";q=50;w=10, "shop";q=30;w=10',
      )
      expect(answer.headers.get("ratelimit")).to.match(/^"address";r=99;t=\d+, "token";r=49;t=\d+, "shop";r=29;t=\d+$/)
    })

    it("count a token once, with or without the padding that some clients add", async () => {
      const event = publishEvent()
      const left = async (token: string): Promise<string | undefined> => {
        const headers = { ...from(7), authorization: `Bearer ${token}` }
        const answer = await post(publishUrl(event.shop_id), event, headers)
        return /"token";r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "")?.[1]
      }
      expect([await left("padded"), await left("padded="), await left("padded==")]).to.deep.equal(["49", "48", "47"])
    })

    it("answer 429 with Retry-After to an address that sends too much, and nobody else", async () => {
      const refused = await refusedTo(2)
      expect(refused.headers.get("content-type")).to.match(/^application\/problem\+json/)
      expect(refused.body).to.include({ status: 429, title: "Too Many Requests" })
      expect(Number(refused.headers.get("retry-after"))).to.be.within(1, 10)
      expect(refused.headers.get("ratelimit")).to.match(/^"address";r=0;t=\d+$/)
      expect((await post(`${product.edgeUrl}/sessions`, {}, from(3))).status).to.equal(201)
    })

    it("refuse before the body is read", async () => {
      const forwarded = "X-Forwarded-For: 192.0.2.2\r\n"
      await until("a refusal of a request without its body", async () => {
        await refusedTo(2)
        const socket = connectTcp(Number(new URL(product.edgeUrl).port), "127.0.0.1")
        socket.write(
          `POST /send HTTP/1.1\r\nHost: a\r\n${forwarded}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n`,
        )
        const [answer] = await Promise.race([once(socket, "data"), sleep(2000, ["it waits for the body"])])
        socket.destroy()
        return /^HTTP\/1\.1 429 /.test(String(answer))
      })
    })

    it("refuse pages, too", async () => {
      await until("a refusal of a page", async () => {
        await refusedTo(2)
        return (await fetch(`${product.edgeUrl}/config.json`, { headers: from(2) })).status === 429
      })
    })

    it("do not refuse probes", async () => {
      await refusedTo(2)
      expect((await fetch(`${product.edgeUrl}/healthz`, { headers: from(2) })).status).to.equal(200)
      expect((await fetch(`${product.edgeUrl}/readyz`, { headers: from(2) })).status).to.equal(200)
    })

    it("count an array as many times as it has events, for its sender", async () => {
      const shop = randomUUID()
      const headers = { ...from(4), authorization: "Bearer four" }
      expect((await post(publishUrl(shop), publishEvents(20, shop), headers)).status).to.equal(200)
      const refused = await post(publishUrl(randomUUID()), publishEvents(31), headers)
      expect(refused.status).to.equal(429)
      expect(refused.body.detail).to.equal("Too many requests for one token; try again later")
    })

    it("hold one token back wherever it comes from", async () => {
      const authorization = "Bearer five"
      const send = (address: number) => post(`${product.edgeUrl}/sessions`, {}, { ...from(address), authorization })
      const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => send(100 + i)))
      expect(answers.filter(({ status }) => status === 429)).to.have.length(10)
    })

    it("hold one shop back whoever publishes, for what was stored; what is refused costs the shop nothing", async () => {
      const shop = randomUUID()
      const wrong = publishEvents(20, shop).map((event) => ({ ...event, action: 5 }))
      for (let i = 0; i < 4; i++) expect((await post(publishUrl(shop), wrong, from(200 + i))).status).to.equal(422)
      expect((await post(publishUrl(shop), publishEvents(20, shop), from(210))).status).to.equal(200)
      expect((await post(publishUrl(shop), publishEvents(10, shop), from(211))).status).to.equal(200)
      const refused = await post(publishUrl(shop), publishEvent({ shop_id: shop }), from(212))
      expect(refused.status).to.equal(429)
      expect(refused.body.detail).to.equal("Too many requests for one shop; try again later")
      const other = publishEvent()
      expect((await post(publishUrl(other.shop_id), other, from(213))).status).to.equal(200)
    })

    it("refuse an address that opens old WebSockets too fast, with 429 and Retry-After", async () => {
      for (let i = 0; i < 3; i++) expect(await upgradeStatus(product.edgeUrl, from(5))).to.equal(101)
      expect(await upgradeStatus(product.edgeUrl, from(5))).to.equal(429)
      expect(await upgradeStatus(product.edgeUrl, from(6))).to.equal(101)
    })
  })

  describe("with bounded connections", () => {
    const connections = { max: 50, maxPerAddress: 10 }
    const product = useProduct({ doors: { connections } })
    /** An edge with little time for headers. */
    const hurried = use(() =>
      startTestEdge(natsConn(product.nats), { doors: { connections: { ...connections, headersTimeoutMs: 1000 } } }),
    )
    let port: number
    const sockets: Socket[] = []

    before(() => {
      port = Number(new URL(product.edgeUrl).port)
    })
    afterEach(async () => {
      const open = sockets.splice(0).filter((socket) => !socket.closed)
      await Promise.all(
        open.map((socket) => {
          socket.destroy()
          return once(socket, "close")
        }),
      )
    })

    const open = async (localAddress = "127.0.0.1", to = port): Promise<Socket> => {
      const socket = connectTcp({ port: to, host: "127.0.0.1", localAddress })
      socket.on("error", () => {})
      sockets.push(socket)
      await once(socket, "connect")
      return socket
    }
    const isHealthy = async (): Promise<boolean> => (await get(`${product.edgeUrl}/healthz`)).status === 200
    /** What a server says until it closes the connection. */
    const said = async (socket: Socket): Promise<string> => {
      let text = ""
      socket.on("data", (part: Buffer) => {
        text += part.toString()
      })
      await once(socket, "close")
      return text
    }

    it("close what one address opens beyond its number, and take others", async () => {
      const own = await Promise.all(Array.from({ length: 15 }, () => open("127.0.0.2")))
      await until("five to be closed", () => own.filter((socket) => socket.closed).length === 5)
      expect(await isHealthy()).to.equal(true)
      own.find((socket) => !socket.closed)?.destroy()
      await until("the address to be let in again", async () => {
        const socket = await open("127.0.0.2")
        socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return (await said(socket)).startsWith("HTTP/1.1 200")
      })
    })

    it("answer 408 to who sends headers one at a time (slowloris), and close who sends nothing", async () => {
      const slow = await open("127.0.0.1", hurried.port)
      const silent = await open("127.0.0.1", hurried.port)
      const saidToSilent = said(silent)
      slow.write("GET /healthz HTTP/1.1\r\nHost: a\r\n")
      const dripping = setInterval(() => slow.write("X-A: b\r\n"), 100)
      expect(await said(slow)).to.match(/^HTTP\/1\.1 408 /)
      clearInterval(dripping)
      await saidToSilent
    })

    it("answer 431 to headers of more than 16 KiB", async () => {
      const socket = await open()
      socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: ${"b".repeat(17_000)}\r\n\r\n`)
      expect(await said(socket)).to.match(/^HTTP\/1\.1 431 /)
    })

    it("take no notice of the headers beyond a hundred", async () => {
      const many = Array.from({ length: 400 }, (_, i) => `X-${i}: b\r\n`).join("")
      const socket = await open()
      socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\n${many}X-Request-Id: late\r\nConnection: close\r\n\r\n`)
      const answer = await said(socket)
      expect(answer).to.match(/^HTTP\/1\.1 200 /)
      expect(answer).not.to.include("X-Request-Id: late")
    })

    it("answer 413 to a Content-Length beyond the limit without waiting for the body", async () => {
      const socket = await open()
      const type = "Content-Type: application/json\r\n"
      socket.write(`POST /send HTTP/1.1\r\nHost: a\r\n${type}Content-Length: 1000000000\r\n\r\n`)
      const [answer] = (await once(socket, "data")) as [Buffer]
      expect(answer.toString()).to.match(/^HTTP\/1\.1 413 /)
    })

    for (const [encoding, compress] of Object.entries({
      gzip: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
    })) {
      it(`answer 413 to a ${encoding} bomb, and unpack no more of it than the limit`, async () => {
        const bomb = compress(Buffer.alloc(100_000_000, " "))
        const before = process.memoryUsage.rss()
        const answer = await post(`${product.edgeUrl}/send`, bomb, { "content-encoding": encoding })
        expect(answer.status).to.equal(413)
        expect(process.memoryUsage.rss() - before).to.be.below(60_000_000)
      })
    }
  })
})
