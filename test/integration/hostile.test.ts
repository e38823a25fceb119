import { randomUUID } from "node:crypto"
import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { connect as connectTcp, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { gzipSync } from "node:zlib"
import { expect } from "chai"
import { connect } from "nats"
import { natsConn } from "res-service"
import { createGateway } from "res-service/gateway"
import { WebSocket } from "ws"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

/** `npm run bench -- hostile` does the same with thousands, and measures. */
describe("hostile clients", () => {
  const product = useProduct({ doors: { connections: { max: 2000, maxPerAddress: 1000 } } })
  /** An edge with little time for headers. */
  const hurried = use(() =>
    startTestEdge(natsConn(product.nats), {
      doors: { connections: { max: 100, maxPerAddress: 100, headersTimeoutMs: 1000 } },
    }),
  )
  const gateway = use(async () => {
    const nats = await connect({ servers: product.natsServer.url })
    const running = createGateway(natsConn(nats), { addr: "127.0.0.1", port: 0 })
    await running.start()
    return {
      url: `http://127.0.0.1:${running.address.port}`,
      connectionCount: () => running.connectionCount,
      stop: async () => {
        await running.close()
        await nats.close()
      },
    }
  })
  const sockets: Socket[] = []
  const webSockets: WebSocket[] = []

  afterEach("an honest client is served, before their connections are closed and after", async () => {
    await publishAndRead()
    for (const socket of sockets.splice(0)) socket.destroy()
    await Promise.all(
      webSockets.splice(0).map(async (webSocket) => {
        if (webSocket.readyState === WebSocket.CLOSED) return
        const closed = once(webSocket, "close")
        webSocket.terminate()
        await closed
      }),
    )
    await until("the gateway to have let go of them", () => gateway.connectionCount() === 0)
    await publishAndRead()
  })

  const publishAndRead = async (): Promise<void> => {
    const event = publishEvent()
    const answer = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
    expect(answer.status).to.equal(200)
    expect((await get(`${gateway.url}/api/store/${event.shop_id}/feed`)).body).to.have.length(1)
  }
  const open = async (url: string): Promise<Socket> => {
    const socket = connectTcp(Number(new URL(url).port), "127.0.0.1")
    socket.on("error", () => {})
    sockets.push(socket)
    await once(socket, "connect")
    return socket
  }
  const openWebSocket = async (url: string): Promise<WebSocket> => {
    const webSocket = new WebSocket(url.replace("http", "ws"))
    webSocket.on("error", () => {})
    webSockets.push(webSocket)
    await once(webSocket, "open")
    return webSocket
  }
  /** A WebSocket, and the connection below it. */
  const openStream = async (url: string): Promise<{ webSocket: WebSocket; stream: Duplex }> => {
    const webSocket = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false })
    webSockets.push(webSocket)
    const opened = once(webSocket, "open")
    const [{ socket: stream }] = (await once(webSocket, "upgrade")) as [IncomingMessage]
    await opened
    return { webSocket, stream }
  }
  const many = <T>(count: number, task: (i: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => task(i)))
  /** The first line that a server says. */
  const statusOf = async (socket: Socket): Promise<string> => {
    const [answer] = (await once(socket, "data")) as [Buffer]
    return answer.toString().split("\r\n")[0] ?? ""
  }

  it("who never finish their headers get 408 at the edge, all of them", async () => {
    const answers = await many(50, async () => {
      const socket = await open(`http://127.0.0.1:${hurried.port}`)
      socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n")
      const dripping = setInterval(() => socket.write("X-A: b\r\n"), 200)
      const answer = await statusOf(socket)
      clearInterval(dripping)
      return answer
    })
    expect(new Set(answers)).to.deep.equal(new Set(["HTTP/1.1 408 Request Timeout"]))
  })

  it("who open sockets and say nothing cost nobody else anything, at the edge and at the gateway", async () => {
    await many(300, (i) => openWebSocket(`${product.edgeUrl}/idle-${i}`))
    await many(300, () => openWebSocket(gateway.url))
    expect(gateway.connectionCount()).to.equal(300)
    const session = randomUUID()
    const host = await Storefront.open(product.edgeUrl, session)
    await host.start("Ann")
    await host.shows("Ann*")
    await host.close()
  })

  it("who send huge headers get 431 at the edge", async () => {
    const answers = await many(50, async () => {
      const socket = await open(product.edgeUrl)
      socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)
      return await statusOf(socket)
    })
    expect(new Set(answers)).to.deep.equal(new Set(["HTTP/1.1 431 Request Header Fields Too Large"]))
  })

  it("who send compressed bombs get 413 at the edge", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, " "))
    const answers = await many(20, () => post(`${product.edgeUrl}/send`, bomb, { "content-encoding": "gzip" }))
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([413]))
  })

  for (const [door, path, text] of [
    ["the edge", "/flood", '{"event":"x"}'],
    ["the gateway", "", '{"id":1,"method":"x"}'],
  ] as const) {
    it(`who send thousands of tiny frames at once to ${door} wait for their answers, and nobody else does`, async () => {
      const url = door === "the edge" ? product.edgeUrl : gateway.url
      const { stream, webSocket } = await openStream(`${url}${path}`)
      const honest = await openWebSocket(`${url}${path}`)
      let answered = 0
      webSocket.on("message", () => answered++)
      // All in one piece, and right behind it, by another client, one message.
      stream.write(Buffer.concat(Array.from({ length: 5000 }, () => frameOf(text))))
      const reply = once(honest, "message")
      honest.send(text)
      await reply
      expect(answered).to.be.below(300)
      await until("all to be answered", () => answered === 5000)
    })
  }
})

/** A short text as a client's WebSocket frame, masked with zeros. Source: RFC 6455, section 5.2. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
