import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import { Client, type MirrorEvent } from "../../src/client/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "./library.ts"

describe("Mirror", () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    const library = new Library(broker.connect())
    library.set("library.books", [{ rid: "library.book.1" }, { rid: "library.book.2" }])
    library.set("library.book.1", { title: "Emma", tags: { data: ["old"] } })
    library.set("library.book.2", {
      title: "Dune",
      next: { rid: "library.book.1" },
      author: { rid: "a.b", soft: true },
    })
    library.set("library.book.3", { title: "Kim" })
    const client = new Client(conn, { requestTimeoutMs: 50, refetchPauseMs: 5 })
    const mirror = client.mirror("library.books")
    const events: MirrorEvent[] = []
    mirror.onEvent((event) => events.push(event))
    return { broker, conn, library, client, mirror, events }
  }
  const emma = { title: "Emma", tags: ["old"] }
  const dune = { title: "Dune", next: emma, author: { rid: "a.b", soft: true } }

  it("holds the resource and all that it refers to", async () => {
    const { mirror } = setUp()
    await mirror.ready
    expect(mirror.value).to.deep.equal([emma, dune])
    expect(mirror.resource("library.book.1")).to.deep.equal({
      type: "model",
      values: { title: "Emma", tags: { data: ["old"] } },
    })
  })

  it("returns its JSON text as services sent it, and keeps the text of unchanged resources", async () => {
    const { mirror, library, conn } = setUp()
    const json = () => mirror.jsonBytes.toString()
    await mirror.ready
    expect(json()).to.equal(JSON.stringify([emma, dune]))
    library.change("library.book.1", { title: "Emma Ä" })
    await settled(conn)
    expect(json()).to.equal(
      JSON.stringify([
        { ...emma, title: "Emma Ä" },
        { ...dune, next: { ...emma, title: "Emma Ä" } },
      ]),
    )
    library.change("library.book.1", { next: { rid: "library.book.2" } })
    library.remove("library.books", 0)
    await settled(conn)
    expect(JSON.parse(json())).to.deep.equal(mirror.value)
  })

  it("follows changes, adds, removes and custom events", async () => {
    const { mirror, library, events, conn } = setUp()
    await mirror.ready
    library.change("library.book.1", { title: "Emma II" })
    library.remove("library.books", 1)
    library.add("library.books", 0, { rid: "library.book.3" })
    library.event("library.books", "sorted", { n: 1 })
    await settled(conn)
    expect(mirror.value).to.deep.equal([{ title: "Kim" }, { title: "Emma II", tags: ["old"] }])
    expect(events).to.deep.equal([
      { type: "change", rid: "library.book.1", changed: { title: "Emma II" } },
      { type: "remove", rid: "library.books", idx: 1, value: { rid: "library.book.2" } },
      { type: "add", rid: "library.books", idx: 0, value: { rid: "library.book.3" } },
      { type: "custom", rid: "library.books", name: "sorted", data: { n: 1 } },
    ])
  })

  it("shows what it showed before until everything that an event refers to is loaded", async () => {
    const { mirror, library, events, conn } = setUp()
    await mirror.ready
    const read = () => [mirror.value, JSON.parse(mirror.jsonBytes.toString()), mirror.resource("library.books")]
    const before = read()
    library.withhold("get.library.book.3")
    library.add("library.books", 0, { rid: "library.book.3" })
    await settled(conn)
    expect(read()).to.deep.equal(before)
    library.answerNow("get.library.book.3", JSON.stringify({ result: { model: { title: "Kim" } } }))
    await settled(conn)
    expect(mirror.value).to.deep.equal([{ title: "Kim" }, emma, dune])
    expect(events.map(({ type }) => type)).to.deep.equal(["add"])

    library.set("library.book.4", { title: "Ivanhoe" })
    library.withhold("get.library.book.4")
    library.change("library.book.2", { next: { rid: "library.book.4" } })
    library.remove("library.books", 1)
    await settled(conn)
    // The removed book is not shown in the list, and still shown where a change waits.
    expect(mirror.value).to.deep.equal([{ title: "Kim" }, dune])
    library.answerNow("get.library.book.4", JSON.stringify({ result: { model: { title: "Ivanhoe" } } }))
    await settled(conn)
    expect(mirror.value).to.deep.equal([{ title: "Kim" }, { ...dune, next: { title: "Ivanhoe" } }])
    expect(mirror.resource("library.book.1")).to.equal(undefined)
  })

  it("is an empty list in JSON, too, until its first entry is loaded", async () => {
    const { library, client, conn } = setUp()
    library.set("library.sold", [])
    const mirror = client.mirror("library.sold")
    await mirror.ready
    library.withhold("get.library.book.3")
    library.add("library.sold", 0, { rid: "library.book.3" })
    await settled(conn)
    expect(mirror.jsonBytes.toString()).to.equal("[]")
    library.answerNow("get.library.book.3", JSON.stringify({ result: { model: {} } }))
    await settled(conn)
    expect(mirror.jsonBytes.toString()).to.equal("[{}]")
  })

  it("shows what it showed before while no service answers for something that an event refers to", async () => {
    const { mirror, library, events, conn } = setUp()
    await mirror.ready
    let asked = 0
    library.answers = (subject) => (subject === "get.library.book.3" && ++asked === 1 ? [] : undefined)
    library.add("library.books", 0, { rid: "library.book.3" })
    library.event("library.books", "sorted", { n: 1 })
    await settled(conn)
    await until("the next attempt", () => {
      if (asked < 2) expect([mirror.value, events]).to.deep.equal([[emma, dune], []])
      return asked === 2
    })
    await settled(conn)
    expect(mirror.value).to.deep.equal([{ title: "Kim" }, emma, dune])
    expect(events.map(({ type }) => type)).to.include.members(["add", "custom"])
    expect(events.findIndex(({ type }) => type === "add")).to.be.below(
      events.findIndex(({ type }) => type === "custom"),
    )
    // It does not wait for good.
    library.answers = (subject) => (subject === "get.library.book.4" ? [] : undefined)
    library.add("library.books", 0, { rid: "library.book.4" })
    await until("the list without what nobody answers for", () => (mirror.value as unknown[]).length === 4)
    expect(mirror.value).to.deep.equal([null, { title: "Kim" }, emma, dune])
  })

  it("unsubscribes from resources that are no longer referred to", async () => {
    const { mirror, library, events, conn } = setUp()
    await mirror.ready
    library.remove("library.books", 1)
    await settled(conn)
    events.length = 0
    library.change("library.book.2", { title: "Dune II" })
    await settled(conn)
    expect(events).to.deep.equal([])
    expect(mirror.resource("library.book.2")).to.equal(undefined)
  })

  it("shows a circle of references as the reference", async () => {
    const { mirror, library, conn } = setUp()
    await mirror.ready
    library.change("library.book.1", { next: { rid: "library.book.2" } })
    await settled(conn)
    expect(mirror.value).to.deep.equal([
      { ...emma, next: { ...dune, next: { rid: "library.book.1" } } },
      { ...dune, next: { ...emma, next: { rid: "library.book.2" } } },
    ])
  })

  it("turns a reset into events for the differences", async () => {
    const { mirror, library, events, conn } = setUp()
    await mirror.ready
    library.remove("library.books", 0, true)
    library.change("library.book.2", { title: "Dune II" }, true)
    library.reset(["library.>"])
    await settled(conn)
    expect(events).to.deep.equal([
      { type: "remove", rid: "library.books", idx: 0, value: { rid: "library.book.1" } },
      { type: "change", rid: "library.book.2", changed: { title: "Dune II" } },
    ])
  })

  it("catches up after a disconnect", async () => {
    const { mirror, library, broker, conn } = setUp()
    await mirror.ready
    broker.disconnect()
    library.change("library.book.1", { title: "Emma II" })
    await settled(conn)
    expect(mirror.value).to.deep.equal([emma, dune])
    broker.reconnect()
    await settled(conn)
    const changed = { ...emma, title: "Emma II" }
    expect(mirror.value).to.deep.equal([changed, { ...dune, next: changed }])
  })

  it("keeps what it has while no service answers after a reconnect", async () => {
    const { mirror, library, broker, conn, events } = setUp()
    await mirror.ready
    library.answers = () => []
    broker.disconnect()
    library.change("library.book.1", { title: "Emma II" })
    broker.reconnect()
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(mirror.value).to.deep.equal([emma, dune])
    library.answers = () => undefined
    await until("the change", () => events.some(({ type }) => type === "change"))
    await settled(conn)
    expect(events).to.deep.equal([
      { type: "reaccess", rid: "library.books" },
      { type: "change", rid: "library.book.1", changed: { title: "Emma II" } },
    ])
  })

  it("emits reaccess for a reaccess event, for a reset, and after a reconnect", async () => {
    const { mirror, broker, conn, events } = setUp()
    await mirror.ready
    const causes = [
      () => conn.publish("event.library.books.reaccess", ""),
      () => conn.publish("system.reset", '{"access":["library.>"]}'),
      () => {
        broker.disconnect()
        broker.reconnect()
      },
    ]
    for (const [i, cause] of causes.entries()) {
      cause()
      await settled(conn)
      const told = Array.from({ length: i + 1 }, () => ({ type: "reaccess", rid: "library.books" }))
      expect(events).to.deep.equal(told)
    }
    conn.publish("event.library.book.1.reaccess", "")
    await settled(conn)
    expect(events).to.have.length(causes.length)
  })

  it("rejects when there is no such resource", async () => {
    const { client } = setUp()
    expect(await client.mirror("library.none").ready.catch((error: unknown) => error)).to.deep.include({
      code: "system.notFound",
    })
    expect(await client.mirror("nowhere").ready.catch((error: unknown) => error)).to.deep.include({
      code: "system.notFound",
    })
  })

  it("emits an event when a resource was deleted", async () => {
    const { mirror, library, conn, events } = setUp()
    await mirror.ready
    library.event("library.book.1", "delete")
    await settled(conn)
    expect(events).to.deep.equal([{ type: "delete", rid: "library.book.1" }])
    expect(mirror.resource("library.book.1")?.type).to.equal("error")
  })

  it("loads a deleted resource when it is there again and something refers to it", async () => {
    const { mirror, library, conn, events } = setUp()
    await mirror.ready
    library.resources.delete("library.book.1")
    library.reset(["library.book.1"])
    await settled(conn)
    expect(mirror.value).to.deep.equal([null, { ...dune, next: null }])
    events.length = 0
    library.set("library.book.1", { title: "Emma, again" })
    await until("the event", () => events.length > 0)
    expect(events).to.deep.equal([{ type: "load", rid: "library.book.1" }])
    const again = { title: "Emma, again" }
    expect(mirror.value).to.deep.equal([again, { ...dune, next: again }])
    library.change("library.book.1", { title: "Emma" })
    await settled(conn)
    expect(mirror.value).to.deep.equal([{ title: "Emma" }, { ...dune, next: { title: "Emma" } }])
  })

  it("goes on when a listener throws", async () => {
    const { mirror, library, conn, events } = setUp()
    mirror.onEvent(() => {
      throw new Error("in a listener")
    })
    await mirror.ready
    library.change("library.book.1", { title: "x" })
    library.change("library.book.1", { title: "y" })
    await settled(conn)
    expect(events.length).to.equal(2)
  })

  it("is quiet once closed", async () => {
    const { mirror, library, conn, events } = setUp()
    await mirror.ready
    mirror.close()
    library.change("library.book.1", { title: "x" })
    await settled(conn)
    expect(events).to.deep.equal([])
  })
})
