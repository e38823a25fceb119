import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { get } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { expect } from "chai"
import { createGateway, type Gateway } from "res-service/gateway"
import { MemoryBroker } from "res-service/testing"
import WebSocket from "ws"
import { makeCertificate } from "../helpers/certificate.ts"
import { skip } from "../helpers/skip.ts"

describe("gateway with TLS", () => {
  let folder: string
  let gateway: Gateway
  let ca: string

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "gateway-tls-"))
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")]
    const made = makeCertificate(["localhost"]) ?? skip(this, "openssl, which makes the certificate, is missing")
    await writeFile(certFile, made.cert)
    await writeFile(keyFile, made.key)
    ca = made.cert

    const broker = new MemoryBroker()
    const service = broker.connect()
    for (const [subject, result] of [
      ["access.library.book", { get: true }],
      ["get.library.book", { model: { title: "Emma" } }],
    ] as const) {
      service.subscribe(subject, ({ reply = "" }) => service.publish(reply, JSON.stringify({ result })))
    }
    gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0, tls: true, certFile, keyFile })
    await gateway.start()
  })

  after(async () => {
    await gateway?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it("serves WebSockets", async () => {
    const socket = new WebSocket(`wss://localhost:${gateway.address.port}/`, { ca })
    await once(socket, "open")
    const answered = once(socket, "message")
    socket.send('{"id":1,"method":"subscribe.library.book"}')
    expect(JSON.parse(String((await answered)[0]))).to.deep.equal({
      id: 1,
      result: { models: { "library.book": { title: "Emma" } } },
    })
    socket.close()
    await once(socket, "close")
  })

  it("serves resources over HTTP", async () => {
    const request = get(`https://localhost:${gateway.address.port}/api/library/book`, { ca, agent: false })
    const [response] = await once(request, "response")
    expect(response.statusCode).to.equal(200)
    expect(await text(response)).to.equal('{"title":"Emma"}')
  })

  it("ignores an upgrade that is not to a WebSocket", async () => {
    const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQ" }
    const request = get(`https://localhost:${gateway.address.port}/api/library/book`, { ca, agent: false, headers })
    const [response] = await once(request, "response")
    expect(await text(response)).to.equal('{"title":"Emma"}')
  })

  it("is not to be had without TLS", async () => {
    const refused = await fetch(`http://localhost:${gateway.address.port}/api/library/book`).catch(() => undefined)
    expect(refused).to.equal(undefined)
  })
})
