import { once } from "node:events"
import { expect } from "chai"
import WebSocket from "ws"
import { createGateway, type Gateway } from "../../src/gateway/mod.ts"
import { redact } from "../../src/gateway/trace.ts"
import type { Logger } from "../../src/logger.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

/** All secrets of these tests contain this word. */
const SECRET = "hunter2"

describe("trace log", () => {
  const lines: { level: string; message: string; details: Record<string, unknown> }[] = []
  const write =
    (level: string) =>
    (details: object, message: string): void => {
      lines.push({ level, message, details: { ...details } })
    }
  const logger: Logger = {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    trace: write("trace"),
  }
  const all = (): string => JSON.stringify(lines)
  const arrows = (): string[] => lines.filter(({ level }) => level === "trace").map(({ message }) => message)

  let gateway: Gateway
  let broker: MemoryBroker

  const start = async (trace: boolean): Promise<{ library: Library; socket: WebSocket; cid: string }> => {
    lines.length = 0
    broker = new MemoryBroker()
    const library = new Library(broker.connect())
    library.set("library.book", { title: "Emma", api_token: `${SECRET}-0` })
    gateway = createGateway(
      broker.connect(),
      { addr: "127.0.0.1", port: 0, wsHeaderAuth: "library.users.login", headerAuth: "library.users.login" },
      { logger, trace },
    )
    await gateway.start()
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/?access_token=${SECRET}-1`, {
      headers: { Authorization: `Bearer ${SECRET}-2`, Cookie: `sid=${SECRET}-3` },
    })
    await once(socket, "open")
    const cid = String(library.requests[0]?.payload.cid)
    return { library, socket, cid }
  }

  const ask = async (socket: WebSocket, method: string, params?: unknown): Promise<void> => {
    const answered = once(socket, "message")
    socket.send(JSON.stringify({ id: 1, method, params }))
    await answered
  }

  afterEach(() => gateway.close())

  it("shows direction, subject and payload of all traffic, and never a token, header or password", async () => {
    const { library, socket, cid } = await start(true)
    const conn = broker.connect()
    library.answers = (subject) =>
      subject.startsWith("auth.")
        ? [`{"result":{"token":"${SECRET}-4"},"meta":{"header":{"X":["${SECRET}-5"]}}}`]
        : undefined
    await ask(socket, "auth.library.users.login", { user: "Ann", pin: `${SECRET}-6` })
    conn.publish(`conn.${cid}.token`, JSON.stringify({ token: { id: `${SECRET}-7` }, tid: "ann" }))
    conn.publish(`conn.${cid}.token`, `{"token":"${SECRET}-8"`)
    await settled(conn)
    await ask(socket, "subscribe.library.book")
    await ask(socket, "call.library.book.lend", { token: `${SECRET}-9`, to: "Ann" })
    conn.subscribe("auth.library.renew", () => {})
    conn.publish("system.tokenReset", '{"tids":["ann"],"subject":"auth.library.renew"}')
    await settled(conn)
    const event = once(socket, "message")
    library.change("library.book", { title: "Dune" })
    await event
    await fetch(`http://127.0.0.1:${gateway.address.port}/api/library/book`, {
      headers: { Authorization: `Bearer ${SECRET}-10` },
    })
    const { requests } = library
    expect(JSON.stringify(requests), "secrets that the service got")
      .to.contain(`${SECRET}-2`)
      .and.contain(`${SECRET}-7`)

    expect(all()).not.to.contain(SECRET)
    expect(arrows()).to.include.members(["connected", "S=>", "<==", "==>", "=>>", "-->", "<--", "<<-"])
    const call = lines.find(({ message, details }) => message === "<==" && details.subject === "call.library.book.lend")
    expect(call?.details.payload).to.deep.equal({ params: { token: "***", to: "Ann" }, token: "***", cid })
    const change = lines.find(({ message }) => message === "<<-")
    expect(change?.details).to.deep.equal({
      cid,
      message: { event: "library.book.change", data: { values: { title: "Dune" } } },
    })
    socket.close()
  })

  it("is silent unless asked for", async () => {
    const { socket } = await start(false)
    await ask(socket, "subscribe.library.book")
    expect(arrows()).to.deep.equal([])
    socket.close()
  })

  it("logs only the size of text that is not JSON", () => {
    expect(redact(`{"token":"${SECRET}`)).to.equal("17 bytes that are not JSON")
    expect(redact("")).to.equal(undefined)
  })

  it("keeps null, so that it shows whether there is a token", () => {
    expect(redact('{"token":null,"cid":"a"}')).to.deep.equal({ token: null, cid: "a" })
  })
})
