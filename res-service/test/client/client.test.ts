import assert from "node:assert/strict"
import { Client, NoRespondersError } from "../../src/client/mod.ts"
import type { ResError } from "../../src/errors.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "./library.ts"

const refusal = (call: Promise<unknown>): Promise<ResError> =>
  call.then(
    () => assert.fail("expected a refusal"),
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
    assert.deepEqual(library.requests, [
      {
        subject: "call.library.book.lend",
        payload: { params: { to: "Ann" }, token: { user: 1 }, query: "q=a&b", cid: "abc" },
      },
      { subject: "call.library.book.lend", payload: { params: null, token: null } },
    ])
  })

  it("answers with the result, or with the rid of a resource", async () => {
    const { client, library } = setUp()
    library.answers = (subject) => [subject.endsWith("make") ? '{"resource":{"rid":"library.b"}}' : '{"result":[1]}']
    assert.deepEqual(await client.call("library.a", "count"), [1])
    assert.deepEqual(await client.call("library.a", "make"), { rid: "library.b" })
  })

  it("gets models and collections", async () => {
    const { client, library } = setUp()
    library.set("library.book", { title: "Emma" })
    library.set("library.books", [{ rid: "library.book" }])
    assert.deepEqual(await client.get("library.book"), { model: { title: "Emma" } })
    assert.deepEqual(await client.get("library.books"), { collection: [{ rid: "library.book" }] })
    assert.deepEqual(await client.access("library.book"), { get: true, call: "*" })
  })

  it("passes on the service's error with its data", async () => {
    const { client, library } = setUp()
    library.answers = () => ['{"error":{"code":"library.onLoan","message":"On loan","data":{"until":5}}}']
    const error = await refusal(client.call("library.book", "lend"))
    assert.deepEqual(error.toJSON(), { code: "library.onLoan", message: "On loan", data: { until: 5 } })
  })

  it("tells that nobody listens from a resource that is not there", async () => {
    const { client } = setUp()
    const nobody = await refusal(client.get("nowhere.book"))
    assert.ok(nobody instanceof NoRespondersError)
    assert.equal(nobody.code, "system.notFound")
    const missing = await refusal(client.get("library.missing"))
    assert.ok(!(missing instanceof NoRespondersError))
    assert.equal(missing.code, "system.notFound")
  })

  it("gives up on a service that never answers", async () => {
    const { client, library } = setUp()
    library.answers = () => []
    assert.equal((await refusal(client.call("library.book", "lend"))).code, "system.timeout")
    assert.equal(client.requester.pendingCount, 0)
  })

  it("waits as long as a pre-response asks for", async () => {
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
    assert.equal(await again, "late")
    client.close()
    assert.equal((await refusal(call)).code, "system.serviceUnavailable")
  })

  it("ignores second answers", async () => {
    const { client, library, conn } = setUp()
    library.answers = () => ['{"result":1}', '{"result":2}']
    assert.equal(await client.call("library.book", "lend"), 1)
    await settled(conn)
    assert.equal(await client.call("library.book", "lend"), 1)
  })

  for (const garbage of ["", "{", "[]", "5", "{}", '{"result":', '{"error":5}', '{"resource":{"rid":"a b"}}']) {
    it(`answers system.internalError given ${JSON.stringify(garbage)}`, async () => {
      const { client, library } = setUp()
      library.answers = () => [garbage]
      assert.equal((await refusal(client.call("library.book", "lend"))).code, "system.internalError")
      assert.equal((await refusal(client.get("library.book"))).code, "system.internalError")
    })
  }

  it("refuses at once while not connected, and sends nothing later", async () => {
    const { broker, client, library, conn } = setUp()
    broker.disconnect()
    assert.equal((await refusal(client.call("library.book", "lend"))).code, "system.serviceUnavailable")
    broker.reconnect()
    await settled(conn)
    assert.deepEqual(library.requests, [])
  })

  it("refuses what is no rid or no method", async () => {
    const { client } = setUp()
    assert.equal((await refusal(client.call("library..book", "lend"))).code, "system.invalidRequest")
    assert.equal((await refusal(client.call("library.book", "le nd"))).code, "system.invalidRequest")
    assert.equal((await refusal(client.get(`library.${"a".repeat(5000)}`))).code, "system.subjectTooLong")
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
    assert.deepEqual(seen, ["1", '{"result":2}', "3"])
  })
})
