import { once } from "node:events"
import { readdirSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { connect as connectNats, type NatsConnection } from "nats"
import { natsConn } from "res-service"
import { createGateway } from "res-service/gateway"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { startProduct, useProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

/** A client that reads answers from one connection. */
class RawClient {
  readonly socket: Socket
  text = ""

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on("error", () => {})
    this.socket.on("data", (part: Buffer) => {
      this.text += part.toString()
    })
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
  }

  async answers(count: number): Promise<number[]> {
    await until(`${count} answers`, () => this.statuses.length >= count)
    return this.statuses
  }
}

/** As Java's HttpClient and `curl --http2` ask for HTTP/2. */
const H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
const WEB_SOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
const JSON_TYPE = "Content-Type: application/json\r\n"

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length
}

describe("requests with an upgrade that is not to a WebSocket", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const opened = closeAfterEach<RawClient>(({ socket }) => socket.destroy())

  const client = (url: string): RawClient => opened(new RawClient(url))

  for (const door of ["edge", "gateway"] as const) {
    const url = (): string => (door === "edge" ? product.edgeUrl : gateway.url)
    /** Header and body of a publish. */
    const publish = (upgrade: string, event = publishEvent()) => {
      const path = door === "edge" ? `/publish/${event.shop_id}` : `/api/store/${event.shop_id}/feed/publish`
      const body = JSON.stringify(event)
      const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${upgrade}${JSON_TYPE}`
      const feed = `${gateway.url}/api/store/${event.shop_id}/feed`
      return { withLength: `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`, head, body, feed }
    }
    const expectStored = async (feed: string): Promise<void> => {
      await until("the event in the feed", async () => (await get(feed)).body.length === 1)
    }

    describe(`at the ${door}`, () => {
      it("are answered, with the body behind the header", async () => {
        const { withLength, body, feed } = publish(H2C)
        const own = client(url())
        own.socket.write(withLength + body)
        expect(await own.answers(1)).to.deep.equal([200])
        await expectStored(feed)
      })

      it("are answered, with the body later and in pieces", async () => {
        const { head, body, feed } = publish(H2C)
        const own = client(url())
        own.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
        for (const part of [body.slice(0, 20), body.slice(20)]) {
          await sleep(30)
          own.socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
        }
        own.socket.write("0\r\n\r\n")
        expect(await own.answers(1)).to.deep.equal([200])
        await expectStored(feed)
      })

      it("are answered one after the other on one connection, in order", async () => {
        const { withLength, body, feed } = publish(H2C)
        const other = publish("Connection: keep-alive, upgrade\r\nUpgrade: TLS/1.0\r\n")
        const own = client(url())
        own.socket.write(withLength + body + other.withLength)
        await own.answers(1)
        own.socket.write(`${other.body}GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
        expect(await own.answers(3)).to.deep.equal([200, 200, 404])
        await expectStored(feed)
        await expectStored(other.feed)
      })

      it("are answered with POST to a WebSocket, which is none", async () => {
        const { withLength, body, feed } = publish(WEB_SOCKET)
        const own = client(url())
        own.socket.write(withLength + body)
        expect(await own.answers(1)).to.deep.equal([200])
        await expectStored(feed)
      })

      for (const [what, upgrade, path] of [
        ["an ignored upgrade", H2C, "/nothing"],
        ["a refused WebSocket", `${WEB_SOCKET}Origin: https://other.example\r\n`, "/"],
      ] as const) {
        it(`leave no socket behind after ${what}, with a body that comes later and clients that do not close`, async () => {
          const before = openDescriptors()
          const own = Array.from({ length: 50 }, () => client(url()))
          for (const { socket } of own) {
            socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${upgrade}Content-Length: 3\r\n\r\n`)
          }
          await sleep(30)
          for (const { socket } of own) if (!socket.destroyed) socket.write("abc")
          for (const each of own) await each.answers(1)
          // An idle connection that is kept alive is the client's to close; a refused upgrade's is not.
          if (upgrade === H2C) for (const { socket } of own) socket.end()
          await until("all sockets to be closed", () => openDescriptors() <= before)
        })
      }
    })
  }

  it("do not keep a gateway from closing, nor does a socket that it can't close in peace", async () => {
    const nats: NatsConnection = await connectNats({ servers: product.natsServer.url })
    const closing = createGateway(natsConn(nats), { addr: "127.0.0.1", port: 0 })
    await closing.start()
    const url = `http://127.0.0.1:${closing.address.port}`
    const upgrading = `GET / HTTP/1.1\r\nHost: a\r\n${WEB_SOCKET}\r\n`
    for (const text of [
      `POST /api/a/b HTTP/1.1\r\nHost: a\r\n${H2C}Content-Length: 10\r\n\r\n`,
      `POST / HTTP/1.1\r\nHost: a\r\n${WEB_SOCKET}Content-Length: 10\r\n\r\n`,
      upgrading,
    ]) {
      const { socket } = client(url)
      socket.write(text)
      if (text === upgrading) await once(socket, "data")
      socket.pause() // reads no closing frame
    }
    await closing.close()
    await nats.close()
  })

  it("do not keep the edge from stopping", async () => {
    const stopping = await startProduct()
    const { socket } = client(stopping.edgeUrl)
    const path = `/publish/${publishEvent().shop_id}`
    socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${H2C}${JSON_TYPE}Content-Length: 10\r\n\r\n`)
    await once(socket, "connect")
    await stopping.stop()
  })
})
