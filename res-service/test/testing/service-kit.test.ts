import { AssertionError } from "node:assert"
import { expect } from "chai"
import { model } from "res-service"
import { MemoryBroker, ServiceKit } from "res-service/testing"

describe("ServiceKit", () => {
  const book = model("library.book.$id", {
    get: () => ({ title: "Emma" }),
    call: {
      lend: {
        handle: (req) => {
          req.events.event("lent")
          setTimeout(() => req.events.event("late"), 5)
        },
      },
    },
  })
  let kit: ServiceKit

  beforeEach(async () => {
    kit = await ServiceKit.start([book])
    await kit.rest()
  })

  afterEach(() => kit.stop())

  it("nothingMore() rejects with an AssertionError that names an unexpected event", async () => {
    await kit.nothingMore()
    await kit.service.with(book, { id: "1" }, (events) => events.event("extra"))
    const error = await kit.nothingMore().catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(AssertionError)
    expect(String((error as Error).message)).to.include("event.library.book.1.extra")
    await kit.nothingMore()
  })

  it("returns with an answer the messages sent before it, not later ones", async () => {
    const { sent } = await kit.call("library.book.1", "lend")
    expect(sent.map(({ subject }) => subject)).to.deep.equal(["event.library.book.1.lent"])
    expect(await kit.next()).to.deep.equal([{ subject: "event.library.book.1.late", payload: undefined }])
  })

  it("records resets and tokens as well, in the order in which they were sent", async () => {
    kit.service.reset({ resources: ["library.>"] })
    kit.service.setToken("cid", null)
    expect((await kit.rest()).map(({ subject }) => subject)).to.deep.equal(["system.reset", "conn.cid.token"])
  })

  it("answers for a subject without listeners like nats-server: no responders", async () => {
    expect((await kit.request("get.other", {})).answer.error?.code).to.equal("no responders")
  })

  it("query() rejects anything but a query event", async () => {
    const error = await kit.query({ subject: "event.library.book.1.lent", payload: {} }, "a=1").catch((e: unknown) => e)
    expect(error).to.be.instanceOf(TypeError)
  })
})

describe("MemoryBroker", () => {
  it("delivers to one member of each queue group and to all others, in the order of sending", async () => {
    const broker = new MemoryBroker()
    const [a, b] = [broker.connect(), broker.connect()]
    const got: string[] = []
    for (const member of ["q1", "q2"]) a.subscribe("x.>", ({ subject }) => got.push(`${member} ${subject}`), "group")
    b.subscribe("x.*", ({ subject }) => got.push(`b ${subject}`))
    b.publish("x.1", "")
    b.publish("x.2", "")
    b.publish("y.3", "")
    await b.flush()
    expect(got).to.have.length(4)
    expect(got.filter((each) => each.startsWith("b"))).to.deep.equal(["b x.1", "b x.2"])
    expect(got.filter((each) => each.startsWith("q")).map((each) => each.slice(3))).to.deep.equal(["x.1", "x.2"])
  })

  it("loses messages sent between disconnect() and reconnect(), and reports both", async () => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    const got: string[] = []
    conn.onStatus((status) => got.push(status))
    conn.subscribe("x", () => got.push("x"))
    broker.disconnect()
    conn.publish("x", "")
    await conn.flush()
    broker.reconnect()
    conn.publish("x", "")
    await conn.flush()
    expect(got).to.deep.equal(["disconnected", "connected", "x"])
  })
})
