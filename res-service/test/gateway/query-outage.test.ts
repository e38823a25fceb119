import { once } from "node:events"
import { expect } from "chai"
import WebSocket from "ws"
import { createGateway } from "../../src/gateway/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

describe("query request that a disconnect catches", () => {
  for (const serviceIsBack of [true, false]) {
    it(`does not hold up its resource, with the service ${serviceIsBack ? "back" : "gone"} after the reconnect`, async () => {
      const broker = new MemoryBroker()
      const conn = broker.connect()
      const library = new Library(conn)
      let books = ["Emma"]
      library.answers = (subject) =>
        subject.startsWith("get.") ? [JSON.stringify({ result: { collection: books, query: "q=1" } })] : undefined
      let asked = 0
      const queries = conn.subscribe("queries", ({ reply }) => {
        asked++
        if (asked > 1 && reply) conn.publish(reply, '{"result":{"events":[]}}')
      })
      // Longer than the test may take, so that no timeout helps.
      const gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0, requestTimeout: 60_000 })
      await gateway.start()
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/`)
      await once(socket, "open")
      const subscribed = once(socket, "message")
      socket.send('{"id":1,"method":"subscribe.library.books?q=1"}')
      await subscribed

      library.event("library.books", "query", { subject: "queries" })
      await settled(conn)
      expect(asked).to.equal(1)
      broker.disconnect()
      books = ["Emma", "Dune"]
      if (!serviceIsBack) queries.unsubscribe()
      const event = once(socket, "message")
      broker.reconnect()
      expect(JSON.parse(String((await event)[0]))).to.deep.equal({
        event: "library.books?q=1.add",
        data: { idx: 1, value: "Dune" },
      })
      expect(gateway.pendingRequestCount).to.equal(0)
      socket.close()
      await gateway.close()
    })
  }
})
