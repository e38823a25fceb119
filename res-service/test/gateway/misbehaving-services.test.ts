import { once } from "node:events"
import { expect } from "chai"
import WebSocket from "ws"
import { until } from "../../../test/helpers/until.ts"
import type { Conn } from "../../src/conn.ts"
import { createGateway, type Gateway } from "../../src/gateway/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: string }
}

/** What a client sends to cause each type of request. */
const REQUESTS: readonly { readonly type: string; readonly method: string; readonly garbage: readonly string[] }[] = [
  { type: "access", method: "subscribe.library.book", garbage: ['{"result":{"get":1}}', '{"result":{"call":[]}}'] },
  {
    type: "get",
    method: "subscribe.library.book",
    garbage: ['{"result":{"model":[]}}', '{"result":{"model":{"a":{}}}}'],
  },
  { type: "call", method: "call.library.book.lend", garbage: ['{"resource":{"rid":"a..b"}}'] },
  { type: "call", method: "new.library.book", garbage: ['{"resource":{"rid":""}}'] },
  { type: "auth", method: "auth.library.book.login", garbage: ['{"resource":{"rid":5}}'] },
]
const GARBAGE = [
  "",
  " ",
  "{",
  "[]",
  "5",
  '"a"',
  "{}",
  '{"result"',
  '{"error":5}',
  '{"error":{"code":5}}',
  '{"meta":5}',
  "\u0000",
]

describe("gateway and services that misbehave", () => {
  let gateway: Gateway
  let library: Library
  let conn: Conn
  let socket: WebSocket

  beforeEach(async () => {
    const broker = new MemoryBroker()
    conn = broker.connect()
    library = new Library(conn)
    library.set("library.book", { title: "Emma" })
    gateway = createGateway(broker.connect(), { addr: "127.0.0.1", port: 0, requestTimeout: 40 })
    await gateway.start()
    socket = new WebSocket(`ws://127.0.0.1:${gateway.address.port}/`)
    await once(socket, "open")
  })

  afterEach(async () => {
    expect(gateway.pendingRequestCount, "requests that still wait").to.equal(0)
    expect(gateway.cacheSize.subscriptions, "uses of the cache").to.equal(0)
    socket.close()
    await gateway.close()
  })

  const ask = async (method: string): Promise<Answer> => {
    const answers: Answer[] = []
    const receive = (data: Buffer): void => void answers.push(JSON.parse(data.toString()))
    socket.on("message", receive)
    socket.send(JSON.stringify({ id: 1, method }))
    // An event may come before it.
    const answer = await until("the answer", () => answers.find(({ id }) => id === 1))
    socket.off("message", receive)
    return answer
  }
  const answering = (type: string, ...answers: string[]): void => {
    library.answers = (subject) => (subject.startsWith(`${type}.`) ? answers : undefined)
  }

  for (const { type, method, garbage } of REQUESTS) {
    it(`answers system.timeout to ${method} when the ${type} request is never answered`, async () => {
      answering(type)
      expect((await ask(method)).error?.code).to.equal("system.timeout")
    })

    it(`answers system.internalError to ${method} when the ${type} request is answered with garbage`, async () => {
      for (const text of [...GARBAGE, ...garbage]) {
        answering(type, text)
        expect((await ask(method)).error?.code, JSON.stringify(text)).to.equal("system.internalError")
      }
    })

    it(`takes the first of two answers to the ${type} request of ${method}`, async () => {
      const refusal = '{"error":{"code":"library.first","message":"First"}}'
      answering(type, refusal, '{"result":null}', refusal)
      expect((await ask(method)).error?.code).to.equal("library.first")
      await settled(conn)
      library.answers = () => undefined
      expect(await ask("get.library.book")).to.deep.equal({
        id: 1,
        result: { models: { "library.book": { title: "Emma" } } },
      })
    })
  }

  it("keeps a query resource whatever the answer to a query request is", async () => {
    const query = '{"result":{"collection":["Emma"],"query":"q=1"}}'
    answering("get", query)
    const { result } = await ask("subscribe.library.books?q=1")
    expect(result).to.deep.equal({ collections: { "library.books?q=1": ["Emma"] } })

    let asked = 0
    let answers: readonly string[] = []
    conn.subscribe("queries", ({ reply }) => {
      asked++
      for (const answer of answers) if (reply) conn.publish(reply, answer)
    })
    for (const text of [
      undefined,
      ...GARBAGE,
      '{"result":{"events":5}}',
      '{"result":{"events":[5]}}',
      '{"result":{"model":{}}}',
    ]) {
      answers = text === undefined ? [] : [text, text]
      library.event("library.books", "query", { subject: "queries" })
      await settled(conn)
      // Further events of the resource wait for the answer, or until there will be none.
      await until("the query request to be over", () => gateway.pendingRequestCount === 0)
    }
    answers = ['{"result":{"events":[{"event":"add","data":{"idx":1,"value":"Dune"}}]}}']
    const event = once(socket, "message")
    library.event("library.books", "query", { subject: "queries" })
    expect(JSON.parse(String((await event)[0]))).to.deep.equal({
      event: "library.books?q=1.add",
      data: { idx: 1, value: "Dune" },
    })
    expect(asked).to.equal(GARBAGE.length + 5)
    await ask("unsubscribe.library.books?q=1")
  })
})
