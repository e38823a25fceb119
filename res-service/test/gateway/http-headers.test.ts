import { once } from "node:events"
import { connect } from "node:net"
import { expect } from "chai"
import { createGateway, type Gateway } from "../../src/gateway/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library } from "../client/library.ts"

const TEXT = "Äpfel für 3 €, 🍎"

describe("gateway and headers that a service sets with text beyond ASCII", () => {
  let gateway: Gateway
  let library: Library

  beforeEach(async () => {
    const broker = new MemoryBroker()
    library = new Library(broker.connect())
    library.set("library.book", { title: "Emma" })
    gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0, wsHeaderAuth: "library.gate.login" })
    await gateway.start()
  })

  afterEach(() => gateway.close())

  /** The head of an answer, decoded as UTF-8. */
  async function headOf(requestLine: string, headers = ""): Promise<string> {
    const socket = connect(gateway.address.port, "127.0.0.1")
    socket.write(`${requestLine} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`)
    const chunks: Buffer[] = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    const text = () => Buffer.concat(chunks).toString()
    while (!text().includes("\r\n\r\n")) await once(socket, "data")
    socket.destroy()
    return text().split("\r\n\r\n")[0] ?? ""
  }

  const meta = (status?: number) => ({
    ...(status === undefined ? {} : { status }),
    header: { "X-Name": [TEXT], "Content-Disposition": [`attachment; filename="${TEXT}"`], "X-Broken": ["a\nb"] },
  })
  const access = (status?: number): void => {
    const answer = JSON.stringify({ result: { get: true, call: "*" }, meta: meta(status) })
    library.answers = (subject) => (subject.startsWith("access.") ? [answer] : undefined)
  }
  const expectText = (head: string, status: number): void => {
    expect(head).to.match(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).to.include(`\r\nX-Name: ${TEXT}\r\n`)
    expect(head).to.include(`\r\nContent-Disposition: attachment; filename="${TEXT}"\r\n`)
    expect(head, "no header may have a line end in it").not.to.include("X-Broken")
  }

  it("sends it as UTF-8 with a body", async () => {
    access()
    expectText(await headOf("GET /api/library/book"), 200)
  })

  it("sends it as UTF-8 without a body", async () => {
    access()
    expectText(await headOf("POST /api/library/book/lend", "Content-Length: 0\r\n"), 204)
  })

  for (const status of [303, 409]) {
    it(`sends it as UTF-8 with the status ${status} of the service`, async () => {
      access(status)
      expectText(await headOf("GET /api/library/book"), status)
    })
  }

  it("sends it as UTF-8 with the upgrade to a WebSocket", async () => {
    const answer = JSON.stringify({ result: null, meta: meta() })
    library.answers = (subject) => (subject.startsWith("auth.") ? [answer] : undefined)
    const key = "dGhlIHNhbXBsZSBub25jZQ=="
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`
    expectText(`${await headOf("GET /", upgrade)}\r\n`, 101)
  })
})
