import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { expect } from "chai"
import { WebSocket, WebSocketServer } from "ws"
import { ClientSocket } from "../../src/gateway/client-socket.ts"
import type { CloseReason } from "../../src/gateway/close-codes.ts"

describe("ClientSocket", () => {
  let server: WebSocketServer
  let client: WebSocket
  let socket: ClientSocket
  let closed: Promise<CloseReason | undefined>

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
    await once(server, "listening")
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    client.on("error", () => {})
    const [[webSocket, request]] = await Promise.all([once(server, "connection"), once(client, "open")])
    closed = new Promise((onClose) => {
      socket = new ClientSocket(webSocket, request.socket, {
        compress: false,
        maxQueuedBytes: 1000,
        onMessage: () => {},
        onClose,
      })
    })
  })

  afterEach(async () => {
    client.terminate()
    server.close()
    await once(server, "close")
  })

  it("is closed by a ping when nothing came since the last one", async () => {
    socket.ping()
    socket.ping()
    expect(await closed).to.equal("noPong")
  })

  it("stays open when it has just been read again, before what has come meanwhile is taken", async () => {
    socket.setReading(false)
    socket.ping()
    socket.ping()
    socket.setReading(true)
    socket.ping()
    await once(client, "ping")
    client.close()
    expect(await closed).to.equal(undefined)
  })
})
