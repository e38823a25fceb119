import { expect } from "chai"
import { Client, JsonText, NoRespondersError } from "../../src/client/mod.ts"
import type { ResError } from "../../src/errors.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "./library.ts"

const refusal = (call: Promise<unknown>): Promise<ResError> =>
  call.then(
    () => expect.fail("expected a refusal"),
    (error: ResError) => error,
  )

describe("Client", () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    const library = new Library(broker.connect())
    const client = new Client(conn, { requestTimeoutMs: 50 })
    return { broker, conn, library, client }
  }

  it("sends calls as Resgate does, with token and cid as given", async () => {
    const { client, library } = setUp()
    await client.call("library.book?q=a&b", "lend", { to: "Ann" }, { token: { user: 1 }, cid: "abc" })
    await client.call("library.book", "lend")
    await client.call("library.book", "lend", null, { remoteAddr: "192.0.2.1" })
    expect(library.requests).to.deep.equal([
      {
        subject: "call.library.book.lend",
        payload: { params: { to: "Ann" }, token: { user: 1 }, query: "q=a&b", cid: "abc" },
      },
      { subject: "call.library.book.lend", payload: { params: null, token: null } },
      { subject: "call.library.book.lend", payload: { params: null, token: null, remoteAddr: "192.0.2.1" } },
    ])
  })

  it("sends a JsonText as it is", async () => {
    const { broker, client } = setUp()
    const sent: string[] = []
    broker.connect().subscribe("call.>", ({ data }) => sent.push(Buffer.from(data).toString()))
    await client.call("library.book", "lend", new JsonText('{ "to": "<Ann>", "copies": 1.0 }'))
    expect(sent).to.deep.equal(['{"params":{ "to": "<Ann>", "copies": 1.0 },"token":null}'])
  })

  it("answers with the result, or with the rid of a resource", async () => {
    const { client, library } = setUp()
    library.answers = (subject) => [subject.endsWith("make") ? '{"resource":{"rid":"library.b"}}' : '{"result":[1]}']
    expect(await client.call("library.a", "count")).to.deep.equal([1])
    expect(await client.call("library.a", "make")).to.deep.equal({ rid: "library.b" })
  })

  it("gets models and collections", async () => {
    const { client, library } = setUp()
    library.set("library.book", { title: "Emma" })
    library.set("library.books", [{ rid: "library.book" }])
    expect(await client.get("library.book")).to.deep.equal({ model: { title: "Emma" } })
    expect(await client.get("library.books")).to.deep.equal({ collection: [{ rid: "library.book" }] })
    expect(await client.access("library.book")).to.deep.equal({ get: true, call: "*" })
  })

  it("passes on the service's error with its data", async () => {
    const { client, library } = setUp()
    library.answers = () => ['{"error":{"code":"library.onLoan","message":"On loan","data":{"until":5}}}']
    const error = await refusal(client.call("library.book", "lend"))
    expect(error.toJSON()).to.deep.equal({ code: "library.onLoan", message: "On loan", data: { until: 5 } })
  })

  it("distinguishes a missing service from a missing resource", async () => {
    const { client } = setUp()
    const nobody = await refusal(client.get("nowhere.book"))
    expect(nobody).to.be.instanceOf(NoRespondersError)
    expect(nobody.code).to.equal("system.notFound")
    const missing = await refusal(client.get("library.missing"))
    expect(missing).not.to.be.instanceOf(NoRespondersError)
    expect(missing.code).to.equal("system.notFound")
  })

  it("gives up on a service that never answers", async () => {
    const { client, library } = setUp()
    library.answers = () => []
    expect((await refusal(client.call("library.book", "lend"))).code).to.equal("system.timeout")
    expect(client.requester.pendingCount).to.equal(0)
  })

  it("waits as long as a pre-response says", async () => {
    const { client, library, broker } = setUp()
    library.answers = () => ['timeout:"5000"']
    const call = client.call("library.book", "lend")
    let reply = ""
    broker.connect().subscribe("call.library.>", (msg) => {
      reply = msg.reply ?? ""
    })
    const again = client.call("library.book", "lend")
    await new Promise((resolve) => setTimeout(resolve, 120))
    broker.connect().publish(reply, '{"result":"late"}')
    expect(await again).to.equal("late")
    client.close()
    expect((await refusal(call)).code).to.equal("system.serviceUnavailable")
  })

  it("ignores second answers", async () => {
    const { client, library, conn } = setUp()
    library.answers = () => ['{"result":1}', '{"result":2}']
    expect(await client.call("library.book", "lend")).to.equal(1)
    await settled(conn)
    expect(await client.call("library.book", "lend")).to.equal(1)
  })

  for (const garbage of ["", "{", "[]", "5", "{}", '{"result":', '{"error":5}', '{"resource":{"rid":"a b"}}']) {
    it(`answers system.internalError given ${JSON.stringify(garbage)}`, async () => {
      const { client, library } = setUp()
      library.answers = () => [garbage]
      expect((await refusal(client.call("library.book", "lend"))).code).to.equal("system.internalError")
      expect((await refusal(client.get("library.book"))).code).to.equal("system.internalError")
    })
  }

  it("refuses at once while not connected, and sends nothing later", async () => {
    const { broker, client, library, conn } = setUp()
    broker.disconnect()
    expect((await refusal(client.call("library.book", "lend"))).code).to.equal("system.serviceUnavailable")
    broker.reconnect()
    await settled(conn)
    expect(library.requests).to.deep.equal([])
  })

  it("refuses an invalid rid or method", async () => {
    const { client } = setUp()
    expect((await refusal(client.call("library..book", "lend"))).code).to.equal("system.invalidRequest")
    expect((await refusal(client.call("library.book", "le nd"))).code).to.equal("system.invalidRequest")
    expect((await refusal(client.get(`library.${"a".repeat(5000)}`))).code).to.equal("system.subjectTooLong")
  })

  it("keeps answers and events in the order in which they were sent", async () => {
    const { client, conn, broker } = setUp()
    const service = broker.connect()
    const seen: string[] = []
    service.subscribe("call.order.>", ({ reply }) => {
      service.publish("event.order.a", "1")
      service.publish(reply ?? "", '{"result":2}')
      service.publish("event.order.a", "3")
    })
    conn.subscribe("event.order.a", ({ data }) => seen.push(Buffer.from(data).toString()))
    client.requester.send("call.order.x", "{}", (_error, text) => seen.push(text))
    await settled(conn)
    expect(seen).to.deep.equal(["1", '{"result":2}', "3"])
  })
})
