import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { expect } from "chai"
import { WebSocket, WebSocketServer } from "ws"
import { occurrences } from "../../observe/occurrences.ts"
import { NO_CADDY } from "../../tools/install/caddy.ts"
import { buildPages } from "../helpers/built-pages.ts"
import { startProxy, type TestProxy, useProxy } from "../helpers/caddy.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { freePort } from "../helpers/ports.ts"
import { useProduct } from "../helpers/product.ts"
import { type ClientCollection, resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

describe("config/Caddyfile, the one address of docker compose", () => {
  const product = useProduct({
    gatewayUrl: "same-origin",
    doors: { trustedProxies: ["127.0.0.1"] },
    maxSocketsPerAddress: 2,
  })
  const gateway = useGateway(product)
  const proxy = useProxy(product, gateway)

  /** Of storefronts, that the edge counts: one that a client has closed, until the edge notices. */
  let openSockets = 0

  before(async () => {
    await buildPages()
    occurrences.legacySocket.on((change) => {
      openSockets += change === "opened" ? 1 : -1
    })
  })

  it("has the pages, and tells them that the gateway is at the same address", async () => {
    for (const path of ["/merchant/", "/storefront/", "/storefront/widget.js", "/readyz"]) {
      expect((await fetch(`${proxy.url}${path}`)).status, path).to.equal(200)
    }
    expect((await fetch(`${proxy.url}/`)).url).to.equal(`${proxy.url}/merchant/`)
    expect((await get(`${proxy.url}/config.json`)).body.gateway).to.equal(proxy.url.replace("http", "ws"))
  })

  it("publishes, reads the feed at /api/ and watches it with resclient at the root", async () => {
    const event = publishEvent({ product_name: "Through the proxy" })
    const rid = `store.${event.shop_id}.feed`
    const client = resClient(proxy.url.replace("http", "ws"))
    const feed = await client.get<ClientCollection<{ product_name: string }>>(rid)
    feed.on("add", () => {})
    expect(feed.length).to.equal(0)
    const published = await post(`${proxy.url}/publish/${event.shop_id}`, event)
    expect(published.status).to.equal(200)
    expect(Number(published.headers.get("x-event-seq"))).to.be.greaterThan(0)
    const shown = await until("the event at resclient", () => [...feed][0])
    expect(shown.product_name).to.equal("Through the proxy")
    const answer = await get(`${proxy.url}/api/store/${event.shop_id}/feed`)
    expect(answer.body[0].product_name).to.equal("Through the proxy")
    client.disconnect()
  })

  it("opens no more WebSockets to the gateway than it may, and passes on all else", async () => {
    const small = await startProxy({ edge: product.edgeUrl, gateway: gateway.url, maxGatewayConnections: 2 })
    const opened: WebSocket[] = []
    try {
      const upgrade = async (): Promise<number> => {
        const socket = new WebSocket(small?.url.replace("http", "ws") ?? "")
        opened.push(socket)
        socket.on("error", () => {})
        return await new Promise((resolve) => {
          socket.once("open", () => resolve(101))
          socket.once("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode))
        })
      }
      expect([await upgrade(), await upgrade(), await upgrade()]).to.deep.equal([101, 101, 503])
      const event = publishEvent()
      expect((await post(`${small?.url}/publish/${event.shop_id}`, event)).status).to.equal(200)
      opened[0]?.close()
      await until("another to be opened", async () => (await upgrade()) === 101)
    } finally {
      for (const socket of opened) socket.terminate()
      await small?.stop()
    }
  })

  it("streams events as they come", async () => {
    const event = publishEvent({ product_name: "In the stream" })
    const abort = new AbortController()
    const answer = await fetch(`${proxy.url}/stream/${event.shop_id}`, { signal: abort.signal })
    expect(answer.headers.get("content-type")).to.match(/^text\/event-stream/)
    const { headers } = await post(`${proxy.url}/publish/${event.shop_id}`, event)
    const lines = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (!text.includes("In the stream")) text += (await lines?.read())?.value ?? ""
    expect(text).to.include(`id: ${headers.get("x-event-seq")}\n`)
    abort.abort()
  })

  it("passes the edge's own answers on to what is too large, and stops reading what is far too large", async () => {
    const url = `${proxy.url}/publish/${randomUUID()}`
    const large = await post(url, JSON.stringify("x".repeat(800 * 1024)))
    expect(large.status).to.equal(413)
    expect(large.headers.get("content-type")).to.match(/^application\/problem\+json/)
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`
    const answered = await until("an answer", async () => {
      const socket = connect({ host: "127.0.0.1", port: Number(new URL(proxy.url).port) })
      let text = ""
      socket.setEncoding("utf8").on("data", (data: string) => {
        text += data
      })
      socket.on("error", () => {})
      const closed = once(socket, "close")
      socket.write(`POST ${new URL(url).pathname} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`)
      socket.write("Transfer-Encoding: chunked\r\n\r\n")
      let sent = 0
      const writing = setInterval(() => {
        // Counts only what the proxy reads, and what waits on the way to it.
        if (!socket.writable || socket.writableNeedDrain) return
        socket.write(chunk)
        sent += 0x10000
      }, 1)
      await Promise.race([closed, until("an answer", () => text !== "")])
      clearInterval(writing)
      socket.destroy()
      expect(sent).to.be.lessThan(64 * 1024 * 1024)
      // A client that writes on when the proxy has closed may lose the answer.
      return text !== "" && text
    })
    expect(answered).to.match(/^HTTP\/1.1 413 /)
  })

  it("has the old storefronts at /<sessionId>, also for a session that is named api", async () => {
    for (const id of [`p-${randomUUID().slice(0, 8)}`, "api"]) {
      const host = await Storefront.open(proxy.url, id)
      await host.start("Host")
      const guest = await Storefront.open(proxy.url, id)
      await guest.join("Guest")
      await host.shows("Host* Guest")
      expect((await get(`${proxy.url}/api/session/${id}/multicart`)).body).to.deep.equal(host.sees)
      await host.close()
      await guest.close()
      await until("the edge to notice", () => openSockets === 0)
    }
  })

  it("hands on the client's address, which a client can't make up: sockets are counted by it", async () => {
    const open = async (url: string, forwarded: string): Promise<number | "open"> => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/counted`, {
        headers: { "X-Forwarded-For": forwarded, Forwarded: `for=${forwarded}`, "X-Real-IP": forwarded },
      })
      sockets.push(socket)
      return await new Promise((resolve) => {
        socket.on("open", () => resolve("open"))
        socket.on("unexpected-response", (_, res: IncomingMessage) => resolve(res.statusCode ?? 0))
        socket.on("error", () => {})
      })
    }
    const sockets: WebSocket[] = []
    const claims = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"]
    const answers: (number | "open")[] = []
    for (const claim of claims) answers.push(await open(proxy.url, claim))
    expect(answers, "four claims, one client").to.deep.equal(["open", "open", 429, 429])
    // Straight from the trusted proxy's address they would count as four: that is what it is trusted for.
    expect(await open(product.edgeUrl, "203.0.113.9")).to.equal("open")
    for (const socket of sockets) socket.terminate()
  })

  describe("what it passes on, seen by servers of the test in the place of edge and gateway", () => {
    const servers: Server[] = []
    let seen: IncomingMessage[]
    let inner: TestProxy

    async function serve(name: string): Promise<string> {
      const server = createServer((req, res) => {
        if (req.headers["user-agent"] === "Caddy health check") {
          // As the real ones answer.
          res.writeHead(name === "gateway" ? 404 : 200).end()
          return
        }
        seen.push(req)
        if (req.url?.startsWith("/stream/")) {
          res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" })
          res.write("id: 1\ndata: first\n\n")
        } else res.end(name)
      })
      const webSockets = new WebSocketServer({ server })
      webSockets.on("connection", (webSocket, req) => {
        seen.push(req)
        webSocket.send(name)
      })
      servers.push(server.listen(0, "127.0.0.1"))
      await once(server, "listening")
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    }

    before(async () => {
      seen = []
      const started = await startProxy({ edge: await serve("edge"), gateway: await serve("gateway") })
      if (started === undefined) throw new Error(NO_CADDY)
      inner = started
    })

    after(async () => {
      await inner?.stop()
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    })

    async function greeting(path: string, headers: Record<string, string> = {}): Promise<string> {
      const socket = new WebSocket(`${inner.url.replace("http", "ws")}${path}`, { headers })
      const [data] = (await once(socket, "message")) as [Buffer]
      socket.terminate()
      return data.toString()
    }

    it("sends the root's WebSocket and /api/ to the gateway, everything else to the edge", async () => {
      expect(await greeting("/")).to.equal("gateway")
      expect(await greeting("/?a=b")).to.equal("gateway")
      for (const path of ["/some-session", "/api", "/apis", "/merchant"]) {
        expect(await greeting(path), path).to.equal("edge")
      }
      const answered = async (path: string) => await (await fetch(`${inner.url}${path}`)).text()
      expect(await answered("/api/store/x/feed")).to.equal("gateway")
      for (const path of ["/", "/publish/x", "/api", "/apix/y", "/merchant/api/x"]) {
        expect(await answered(path), path).to.equal("edge")
      }
    })

    it("sends an event stream's first event while the stream goes on", async () => {
      const abort = new AbortController()
      const answer = await fetch(`${inner.url}/stream/x`, { signal: abort.signal })
      expect(answer.headers.get("content-type")).to.equal("text/event-stream")
      const read = await answer.body?.getReader().read()
      expect(new TextDecoder().decode(read?.value)).to.equal("id: 1\ndata: first\n\n")
      abort.abort()
    })

    it("tells to come again, as a problem, while edge or gateway are away", async () => {
      const nobody = `http://127.0.0.1:${await freePort()}`
      const alone = await startProxy({ edge: nobody, gateway: nobody })
      try {
        for (const path of ["/publish/x", "/api/x"]) {
          const answer = await get(`${alone?.url}${path}`)
          expect(answer.status).to.equal(503)
          expect(answer.headers.get("retry-after")).to.equal("1")
          expect(answer.headers.get("content-type")).to.equal("application/problem+json")
          expect(answer.body).to.deep.equal({ type: "about:blank", title: "Service Unavailable", status: 503 })
        }
      } finally {
        await alone?.stop()
      }
    })

    it("tells host, protocol and the client's address, in the place of what the client claims", async () => {
      const host = new URL(inner.url).host
      const claims = {
        "X-Forwarded-For": "203.0.113.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
      }
      seen.splice(0)
      await fetch(`${inner.url}/healthz`, { headers: claims })
      await greeting("/some-session", claims)
      expect(seen).to.have.length(2)
      for (const { headers } of seen) {
        expect(headers).to.include({
          host,
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-proto": "http",
          "x-forwarded-host": host,
        })
      }
    })
  })
})
