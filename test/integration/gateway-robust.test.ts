import { once } from "node:events"
import { connect as connectTcp, type Socket } from "node:net"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { natsConn } from "res-service"
import { closeCodes, createGateway, type Gateway, type GatewayConfig, type GatewayOptions } from "res-service/gateway"
import WebSocket from "ws"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { said } from "../helpers/raw-request.ts"
import { until } from "../helpers/until.ts"

interface Opened {
  readonly socket: WebSocket
  readonly received: string[]
}

interface Reply {
  readonly result?: unknown
  readonly error?: { readonly code: string }
}

const BIG = "x".repeat(100_000)

describe("gateway and clients that misbehave", () => {
  let nats: TestNats
  let nc: NatsConnection
  let service: NatsConnection
  let gateway: Gateway
  let url: string

  const start = async (options: GatewayOptions = {}, config: GatewayConfig = {}): Promise<void> => {
    gateway = createGateway(natsConn(nc), { addr: "127.0.0.1", port: 0, metricsPort: 0, ...config }, options)
    await gateway.start()
    url = `ws://127.0.0.1:${gateway.address.port}/`
  }

  before(async () => {
    nats = await startNats()
    nc = await connect({ servers: nats.url })
    service = await connect({ servers: nats.url })
    service.subscribe("access.library.>", {
      callback: (_error, { reply = "" }) => service.publish(reply, '{"result":{"get":true,"call":"*"}}'),
    })
    service.subscribe("get.library.>", {
      callback: (_error, { reply = "" }) => service.publish(reply, '{"result":{"model":{"title":"Emma"}}}'),
    })
    await service.flush()
  })

  afterEach(async () => {
    await gateway?.close()
  })

  after(async () => {
    await Promise.all([nc?.close(), service?.close()])
    await nats?.stop()
  })

  const open = async (): Promise<Opened> => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const received: string[] = []
    socket.on("message", (data: Buffer) => received.push(data.toString()))
    socket.on("error", () => {})
    await once(socket, "open")
    return { socket, received }
  }

  const subscribe = async ({ socket, received }: Opened, rid: string): Promise<void> => {
    socket.send(`{"id":1,"method":"subscribe.${rid}"}`)
    await until(`the answer about ${rid}`, () => received.length > 0)
    received.length = 0
  }

  it("answers 400 to several Host headers, as Resgate does, and opens no WebSocket", async () => {
    await start()
    const hosts = "Host: a\r\nhost: a\r\n"
    const read = await said(url, `GET /api/library/book HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`)
    expect(read).to.match(/^HTTP\/1\.1 400 /)
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    expect(await said(url, `GET / HTTP/1.1\r\n${hosts}${upgrade}${key}\r\n`)).to.match(/^HTTP\/1\.1 400 /)
  })

  it("keeps an idle connection for longer than proxies do, so that none is closed under a request", async () => {
    await start()
    const { headers } = await fetch(`${url.replace("ws", "http")}api/library/book`)
    const [, seconds] = /timeout=(\d+)/.exec(headers.get("keep-alive") ?? "") ?? []
    expect(Number(seconds)).to.be.greaterThan(120)
  })

  describe("that ask without waiting for answers", () => {
    const ASKED = 500
    let held: string[]
    let isHeld: boolean
    let holding: { unsubscribe(): void }

    before(() => {
      holding = service.subscribe("call.library.>", {
        callback: (_error, { reply = "" }) => {
          if (isHeld) held.push(reply)
          else service.publish(reply, '{"result":null}')
        },
      })
    })

    beforeEach(async () => {
      held = []
      isHeld = true
      // Longer than a test holds them.
      await start({}, { requestTimeout: 60_000 })
    })

    after(() => holding.unsubscribe())

    const answerAll = (): void => {
      isHeld = false
      for (const reply of held) service.publish(reply, '{"result":null}')
    }

    it("have 64 requests with services at a time, and all answered in the end; others do not wait for them", async () => {
      const greedy = await open()
      for (let id = 1; id <= ASKED; id++) greedy.socket.send(`{"id":${id},"method":"call.library.book.lend"}`)
      await until("as many requests as it may have", () => held.length === 64)
      const other = await open()
      other.socket.send('{"id":1,"method":"get.library.book"}')
      await until("the other's answer", () => other.received.length === 1)
      other.socket.send('{"id":2,"method":"call.library.book.lend"}')
      await until("the other's request", () => held.length > 64)
      expect(held.length).to.equal(65)
      answerAll()
      await until("all answers", () => greedy.received.length === ASKED)
      expect(other.received.length).to.equal(2)
    })

    it("have 4 MiB of requests with services at a time", async () => {
      const greedy = await open()
      const params = "x".repeat(1_000_000)
      for (let id = 1; id <= 20; id++)
        greedy.socket.send(`{"id":${id},"method":"call.library.book.lend","params":"${params}"}`)
      await until("as many requests as it may have", () => held.length === 5)
      const other = await open()
      other.socket.send('{"id":1,"method":"get.library.book"}')
      await until("the other's answer", () => other.received.length === 1)
      expect(held.length).to.equal(5)
      answerAll()
      await until("all answers", () => greedy.received.length === 20)
    })

    it("are not taken for dead while they are not read, and may close their connection", async () => {
      await gateway.close()
      await start({ pingIntervalMs: 1000 }, { requestTimeout: 60_000 })
      const greedy = await open()
      for (let id = 1; id <= ASKED; id++) greedy.socket.send(`{"id":${id},"method":"call.library.book.lend"}`)
      await until("as many requests as it may have", () => held.length === 64)
      const other = await open()
      let pings = 0
      other.socket.on("ping", () => pings++)
      await until("some pings", () => pings > 2)
      expect(greedy.socket.readyState).to.equal(WebSocket.OPEN)
      answerAll()
      await until("all answers", () => greedy.received.length === ASKED)
      greedy.socket.close()
      await until("the gateway to have let go of it", () => gateway.connectionCount === 1)
    })

    it("and call what they have subscribed to before anybody says whether they may, have 64 calls waiting", async () => {
      const silent: string[] = []
      const access = service.subscribe("access.archive.>", {
        callback: (_error, { reply = "" }) => void silent.push(reply),
      })
      await service.flush()
      const greedy = await open()
      greedy.socket.send('{"id":1,"method":"subscribe.archive.book"}')
      for (let id = 2; id <= ASKED; id++) greedy.socket.send(`{"id":${id},"method":"call.archive.book.lend"}`)
      greedy.socket.send('{"id":9999,"method":"unsubscribe.archive.other"}')
      const other = await open()
      other.socket.send('{"id":1,"method":"get.library.book"}')
      await until("the other's answer", () => other.received.length === 1)
      // What is refused at once is refused when its turn comes.
      expect(greedy.received).to.deep.equal([])
      access.unsubscribe()
      for (const reply of silent) service.publish(reply, '{"error":{"code":"system.accessDenied","message":"No"}}')
      await until("all answers", () => greedy.received.length === ASKED + 1)
    })

    it("and subscribe to and drop a resource at once, which is not answered, can go on", async () => {
      answerAll()
      const client = await open()
      for (let id = 1; id <= ASKED; id++) {
        client.socket.send(`{"id":${id},"method":"subscribe.library.book.${id}"}`)
        client.socket.send(`{"id":${ASKED + id},"method":"unsubscribe.library.book.${id}"}`)
      }
      client.socket.send('{"id":9999,"method":"call.library.book.lend"}')
      await until("the last answer", () => client.received.some((text) => text.includes('"id":9999')))
    })
  })

  describe("that subscribe without end", () => {
    /** Sends a request, and gives its answer. */
    const ask = async ({ socket, received }: Opened, id: number, method: string): Promise<Reply> => {
      socket.send(JSON.stringify({ id, method }))
      const own = (): string | undefined => received.find((text) => text.includes(`"id":${id}}`))
      await until(`the answer to ${method}`, () => own() !== undefined)
      return JSON.parse(own() ?? "") as Reply
    }
    const LIMIT = { code: "system.subscriptionLimitExceeded", message: "Subscription limit exceeded" }

    it("refuses what goes beyond maxSubscriptions with system.subscriptionLimitExceeded, until one is let go", async () => {
      await start({}, { maxSubscriptions: 3 })
      const client = await open()
      for (let i = 1; i <= 3; i++)
        expect((await ask(client, i, `subscribe.library.book.${i}`)).error).to.equal(undefined)
      for (const [i, method] of ["subscribe", "get"].entries())
        expect((await ask(client, 10 + i, `${method}.library.book.4`)).error).to.deep.equal(LIMIT)
      // What it has already it may have once more; others have limits of their own.
      expect((await ask(client, 20, "subscribe.library.book.3")).error).to.equal(undefined)
      expect((await ask(await open(), 1, "subscribe.library.book.4")).error).to.equal(undefined)

      expect((await ask(client, 21, "unsubscribe.library.book.3")).error).to.equal(undefined)
      expect((await ask(client, 22, "subscribe.library.book.4")).error).to.deep.equal(LIMIT)
      expect((await ask(client, 23, "unsubscribe.library.book.3")).error).to.equal(undefined)
      expect((await ask(client, 24, "subscribe.library.book.4")).error).to.equal(undefined)
      expect(gateway.cacheSize.subscriptions).to.equal(4)
    })

    it("lets one get as much as it likes, one after the other", async () => {
      await start({}, { maxSubscriptions: 1 })
      const client = await open()
      for (let i = 1; i <= 20; i++) expect((await ask(client, i, `get.library.book.${i}`)).error).to.equal(undefined)
    })

    it("does not count what a resource refers to", async () => {
      await start({}, { maxSubscriptions: 1 })
      const shelf = Array.from({ length: 10 }, (_, i) => ({ rid: `library.book.${i}` }))
      const shelves = service.subscribe("get.shelf", {
        callback: (_error, { reply = "" }) => service.publish(reply, JSON.stringify({ result: { collection: shelf } })),
      })
      const access = service.subscribe("access.shelf", {
        callback: (_error, { reply = "" }) => service.publish(reply, '{"result":{"get":true}}'),
      })
      await service.flush()
      const { result } = await ask(await open(), 1, "subscribe.shelf")
      expect(Object.keys((result as { models: object }).models)).to.have.length(10)
      for (const each of [shelves, access]) each.unsubscribe()
    })
  })

  describe("that open connections without end", () => {
    const proxies = { trustedProxies: ["127.0.0.1"] }
    /** The status of an upgrade; 101 when it is opened, which it then stays. */
    const upgrade = async (address?: string): Promise<number> => {
      const headers = address === undefined ? {} : { "x-forwarded-for": address }
      const socket = new WebSocket(url, { perMessageDeflate: false, headers })
      opened.push(socket)
      socket.on("error", () => {})
      return await new Promise((resolve) => {
        socket.once("open", () => resolve(101))
        socket.once("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode))
      })
    }
    const opened: WebSocket[] = []
    afterEach(() => {
      for (const socket of opened.splice(0)) socket.terminate()
    })

    it("answers 429 to WebSockets of one address beyond its number, and opens others, and again when one is closed", async () => {
      await start({}, { maxConnectionsPerAddress: 2, ...proxies })
      expect(await Promise.all([1, 2].map(() => upgrade("192.0.2.1")))).to.deep.equal([101, 101])
      expect(await upgrade("192.0.2.1")).to.equal(429)
      expect(await upgrade("192.0.2.2")).to.equal(101)
      opened[0]?.close()
      await until("the address to be let in again", async () => (await upgrade("192.0.2.1")) === 101)
    })

    it("counts all that come at the same time", async () => {
      await start({}, { maxConnectionsPerAddress: 5 })
      const statuses = await Promise.all(Array.from({ length: 20 }, () => upgrade()))
      expect(statuses.filter((status) => status === 101)).to.have.length(5)
      expect(statuses.filter((status) => status === 429)).to.have.length(15)
    })

    it("does not believe an X-Forwarded-For that comes from elsewhere than a trusted proxy", async () => {
      await start({}, { maxConnectionsPerAddress: 1 })
      expect(await upgrade("192.0.2.1")).to.equal(101)
      expect(await upgrade("192.0.2.2")).to.equal(429)
    })

    it("closes connections of one address that say nothing, beyond its number and a hundred", async () => {
      await start({}, { maxConnectionsPerAddress: 5 })
      const sockets = await Promise.all(Array.from({ length: 110 }, () => openSilent()))
      await until("five to be closed", () => sockets.filter(({ closed }) => closed).length === 5)
      for (const socket of sockets) socket.destroy()
    })
  })

  it("closes a client that does not read, with a reason, and nobody else notices", async () => {
    await start({ maxQueuedBytes: 500_000 })
    const slow = await open()
    const good = await open()
    await subscribe(slow, "library.book")
    await subscribe(good, "library.book")
    const closed = once(slow.socket, "close")
    slow.socket.pause()
    let sent = 0
    await until("the slow client to be dropped", async () => {
      // Less at a time than may wait for a client: so it is never the good one that is too slow.
      for (let i = 0; i < 3; i++) service.publish("event.library.book.noise", JSON.stringify({ n: sent++, BIG }))
      await until("the good client to have them", () => good.received.length === sent)
      return gateway.connectionCount === 1 || sent > 2_000
    })
    slow.socket.resume()
    const [code] = (await closed) as [number]
    expect([closeCodes.slowReader.code, 1006], `closed with ${code}`).to.include(code)
    expect(good.received.map((text) => (JSON.parse(text) as { data: { n: number } }).data.n)).to.deep.equal(
      Array.from({ length: sent }, (_, i) => i),
    )
    expect(good.socket.readyState).to.equal(WebSocket.OPEN)
  })

  it("closes a client that does not answer pings", async () => {
    await start({ pingIntervalMs: 60 })
    const socket = await openRaw()
    await once(socket, "close")
    await until("the connection to be gone", () => gateway.connectionCount === 0)
  })

  it("keeps a client that answers pings but says nothing", async () => {
    await start({ pingIntervalMs: 1000 })
    const { socket } = await open()
    let pings = 0
    socket.on("ping", () => pings++)
    await until("three pings", () => pings >= 3)
    expect(socket.readyState).to.equal(WebSocket.OPEN)
    expect(gateway.connectionCount).to.equal(1)
  })

  it("closes a client whose message is too large", async () => {
    await start({ maxMessageBytes: 1_000 })
    const { socket } = await open()
    socket.send(`{"id":1,"method":"call.library.book.lend","params":"${BIG}"}`)
    const [code] = (await once(socket, "close")) as [number]
    expect(code).to.equal(1009)
  })

  it("refuses an HTTP body that is too large", async () => {
    await start({ maxMessageBytes: 1_000 })
    const response = await fetch(`${url.replace("ws", "http")}api/library/book/lend`, {
      method: "POST",
      body: `"${BIG}"`,
    })
    expect(response.status).to.equal(413)
    expect(((await response.json()) as { code: string }).code).to.equal("system.badRequest")
  })

  for (const [what, bytes] of [
    ["an unmasked frame", [0x81, 2, 0x7b, 0x7d]],
    ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0]],
    ["reserved bits", [0xf1, 0x80, 0, 0, 0, 0]],
    ["a fragmented ping", [0x09, 0x80, 0, 0, 0, 0]],
    ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0]],
    ["text that is no UTF-8", [0x81, 0x81, 0, 0, 0, 0, 0xff]],
    ["a length of 2^63", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ] as const) {
    it(`closes a client that sends ${what}, and no other`, async () => {
      await start()
      const good = await open()
      const socket = await openRaw()
      socket.write(Buffer.from(bytes))
      socket.resume()
      await until("the connection to be gone", () => gateway.connectionCount === 1)
      await subscribe(good, "library.book")
      socket.destroy()
    })
  }

  it("ignores what is no request, and goes on", async () => {
    await start()
    const client = await open()
    for (const text of [
      "",
      "{",
      "[]",
      "null",
      "5",
      '{"id":"a","method":"get.a"}',
      '{"method":"get.a"}',
      '{"id":1.5}',
    ]) {
      client.socket.send(text)
    }
    client.socket.send(Buffer.from([0, 255, 1]))
    client.socket.send('{"id":7}')
    await until("an answer", () => client.received.length > 0)
    expect(client.received).to.deep.equal([
      '{"error":{"code":"system.invalidRequest","message":"Invalid request"},"id":7}',
    ])
  })

  it("holds nothing after 10,000 subscriptions that were ended", async () => {
    await start()
    const { socket, received } = await open()
    // An unsubscribe that overtakes the answer to its subscribe is answered, the subscribe is not.
    for (let round = 1; round <= 100; round++) {
      for (const type of ["subscribe", "unsubscribe"]) {
        for (let i = 0; i < 100; i++)
          socket.send(`{"id":${round},"method":"${type}.library.book.${(round * 7 + i) % 500}"}`)
        if (round % 2 === 0) await until("answers to all subscribes", () => received.length >= 100)
      }
      socket.send('{"id":0,"method":"version"}')
      await until(`the end of round ${round}`, () => received.at(-1)?.includes('"id":0'))
      received.length = 0
    }
    await until("the cache to be empty", () => gateway.cacheSize.resources === 0)
    expect(gateway.cacheSize).to.deep.equal({ resources: 0, subscriptions: 0 })
    socket.close()
  })

  it("tells clients to come back when it stops", async () => {
    await start()
    const { socket } = await open()
    const closed = once(socket, "close")
    await gateway.close()
    const [code, reason] = (await closed) as [number, Buffer]
    expect(code).to.equal(closeCodes.stopping.code)
    expect(reason.toString()).to.equal(closeCodes.stopping.reason)
  })

  /** An upgraded socket of which nothing is read. */
  /** A connection that says nothing. */
  async function openSilent(): Promise<Socket> {
    const socket = connectTcp(gateway.address.port, "127.0.0.1")
    socket.on("error", () => {})
    socket.resume()
    await once(socket, "connect")
    return socket
  }

  async function openRaw(): Promise<Socket> {
    const socket = connectTcp(gateway.address.port, "127.0.0.1")
    socket.on("error", () => {})
    const key = Buffer.alloc(16).toString("base64")
    socket.write(
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    await once(socket, "data")
    return socket
  }
})
