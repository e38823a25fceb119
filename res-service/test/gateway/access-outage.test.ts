import { once } from "node:events"
import { expect } from "chai"
import WebSocket from "ws"
import { until } from "../../../test/helpers/until.ts"
import type { Conn } from "../../src/conn.ts"
import { createGateway, type GatewayOptions } from "../../src/gateway/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

const causes: readonly (readonly [after: string, cause: (broker: MemoryBroker, conn: Conn) => void])[] = [
  [
    "a reconnect",
    (broker) => {
      broker.disconnect()
      broker.reconnect()
    },
  ],
  ["a system reset", (_, conn) => conn.publish("system.reset", '{"access":["library.>"]}')],
  [
    "two system resets, the second while access is asked for",
    (_, conn) => {
      conn.publish("system.reset", '{"access":["library.>"]}')
      conn.publish("system.reset", '{"access":["library.>"]}')
    },
  ],
]
const outcomes = [
  [60_000, "keeps a subscription for a while"],
  [0, "ends it after that"],
] as const

/** A client that is subscribed to a shelf, which refers to a book. */
const subscribed = async (options: GatewayOptions = {}) => {
  const broker = new MemoryBroker()
  const conn = broker.connect()
  const library = new Library(conn)
  library.set("library.shelf", { place: "left", book: { rid: "library.book" } })
  library.set("library.book", { title: "Emma" })
  const gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0, requestTimeout: 50 }, options)
  await gateway.start()
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/`)
  await once(socket, "open")
  const received = async () => JSON.parse(String((await once(socket, "message"))[0]))
  const send = (id: number, method: string) => {
    const answer = received()
    socket.send(JSON.stringify({ id, method }))
    return answer
  }
  await send(1, "subscribe.library.shelf")
  const close = async () => {
    socket.close()
    await gateway.close()
  }
  return { broker, conn, library, gateway, received, send, close }
}

describe("access that no service can be asked for", () => {
  for (const [after, cause] of causes) {
    for (const [accessKeptMs, outcome] of outcomes) {
      it(`${outcome}, after ${after}`, async () => {
        const { broker, conn, library, gateway, received, close } = await subscribed({ accessKeptMs })
        library.answers = (subject) => (subject.startsWith("access.") ? [] : undefined)
        const next = received()
        cause(broker, conn)
        await settled(conn)
        await until("the requests to time out", () => gateway.pendingRequestCount === 0)
        library.change("library.shelf", { place: "right" })
        expect((await next).event).to.equal(accessKeptMs === 0 ? "library.shelf.unsubscribe" : "library.shelf.change")
        await close()
      })
    }
  }

  it("ends a subscription at once after a reaccess event, which says that access has changed", async () => {
    const { library, received, close } = await subscribed()
    library.answers = (subject) => (subject.startsWith("access.") ? [] : undefined)
    const next = received()
    library.event("library.shelf", "reaccess")
    expect((await next).event).to.equal("library.shelf.unsubscribe")
    await close()
  })
})

describe("access that changes while it is asked for", () => {
  it("is asked for again with the next call: the answer under way may be from before the change", async () => {
    const { library, conn, send, close } = await subscribed()
    library.withhold("access.library.book")
    const asks = library.requests.length
    const first = send(2, "call.library.book.lend")
    await until("the access request", () => library.requests.length > asks)
    library.event("library.book", "reaccess")
    await settled(conn)
    library.answerNow("access.library.book", '{"result":{"get":true,"call":"*"}}')
    expect(await first).to.deep.equal({ id: 2, result: null })
    library.answers = (subject) => (subject.startsWith("access.") ? ['{"result":{"get":true}}'] : undefined)
    expect((await send(3, "call.library.book.lend")).error.code).to.equal("system.accessDenied")
    await close()
  })
})
