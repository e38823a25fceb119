import { once } from "node:events"
import { expect } from "chai"
import WebSocket from "ws"
import { createGateway } from "../../src/gateway/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

describe("access that no service can be asked for after a reconnect", () => {
  for (const [accessKeptMs, outcome] of [
    [60_000, "keeps a subscription for a while"],
    [0, "ends it after that"],
  ] as const) {
    it(outcome, async () => {
      const broker = new MemoryBroker()
      const conn = broker.connect()
      const library = new Library(conn)
      library.set("library.book", { title: "Emma" })
      const config = { addr: "127.0.0.1", port: 0, requestTimeout: 50 }
      const gateway = createGateway(broker.connect(), config, { accessKeptMs })
      await gateway.start()
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/`)
      await once(socket, "open")
      const subscribed = once(socket, "message")
      socket.send('{"id":1,"method":"subscribe.library.book"}')
      await subscribed

      library.answers = (subject) => (subject.startsWith("access.") ? [] : undefined)
      broker.disconnect()
      const next = once(socket, "message")
      broker.reconnect()
      await settled(conn)
      library.change("library.book", { title: "Dune" })
      const { event } = JSON.parse(String((await next)[0]))
      expect(event).to.equal(accessKeptMs === 0 ? "library.book.unsubscribe" : "library.book.change")
      socket.close()
      await gateway.close()
    })
  }
})
