import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import { Cache } from "../../src/client/cache.ts"
import { Requester } from "../../src/client/requester.ts"
import { handleMessage } from "../../src/gateway/client-requests.ts"
import { Connection } from "../../src/gateway/connection.ts"
import { silentLogger } from "../../src/logger.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"

const REQUEST_TIMEOUT_MS = 10_000
const REFETCH_PAUSE_MS = 5

/** An answer as after a time-out, at the moment that a test chooses. */
const NO_ANSWER = '{"error":{"code":"system.timeout","message":"Request timeout"}}'

const to = (name: string) => ({ rid: `library.${name}` })

describe("gateway and what a client has by references", () => {
  let library: Library
  let stop: () => void
  let sent: { event?: string; data?: unknown; id?: number; result?: unknown }[]
  let ask: (method: string) => Promise<void>
  let event: (name: string, type: string, payload?: unknown) => Promise<void>
  let done: () => Promise<void>
  let subscriptions: () => number

  beforeEach(() => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    library = new Library(broker.connect())
    const requester = new Requester(conn, REQUEST_TIMEOUT_MS)
    const cache = new Cache(conn, requester, silentLogger, { refetchPauseMs: REFETCH_PAUSE_MS })
    const host = {
      conn,
      cache,
      requester,
      log: silentLogger,
      referenceThrottle: 0,
      maxSubscriptions: Infinity,
      connections: new Map<string, Connection>(),
      accessKeptMs: 60_000,
    }
    sent = []
    const connection = new Connection(host, "", (frame) => sent.push(JSON.parse(frame.text)))
    connection.version = 1_002_003
    done = () => settled(conn)
    ask = async (method) => {
      sent.length = 0
      connection.run(() => handleMessage(connection, JSON.stringify({ id: 1, method }), () => {}))
      await done()
    }
    event = async (name, type, payload) => {
      sent.length = 0
      library.event(`library.${name}`, type, payload)
      await done()
    }
    subscriptions = () => cache.uses
    stop = () => {
      connection.dispose()
      expect(cache.uses, "uses of the cache").to.equal(0)
      cache.close()
      requester.close()
    }
    library.set("library.parent", { child: to("child") })
    library.set("library.child", { grandchild: to("grandchild") })
    library.set("library.other", { grandchild: to("grandchild") })
    library.set("library.grandchild", { n: 1 })
  })

  afterEach(() => stop())

  it("does not send a grandchild again when it becomes a child", async () => {
    await ask("subscribe.library.parent")
    const values = { child: to("grandchild") }
    await event("parent", "change", { values })
    expect(sent).to.deep.equal([{ event: "library.parent.change", data: { values } }])
    await event("child", "custom")
    expect(sent, "of what nothing leads to any more").to.deep.equal([])
    await event("grandchild", "custom")
    expect(sent).to.deep.equal([{ event: "library.grandchild.custom", data: null }])
    await event("parent", "change", { values: { child: null } })
    expect(subscriptions()).to.equal(1)
  })

  it("sends with a new child only what the client did not have through the old one", async () => {
    await ask("subscribe.library.parent")
    const values = { child: to("other") }
    await event("parent", "change", { values })
    const models = { "library.other": { grandchild: to("grandchild") } }
    expect(sent).to.deep.equal([{ event: "library.parent.change", data: { values, models } }])
    await event("grandchild", "custom")
    expect(sent).to.have.length(1)
  })

  it("does not send a child again when it becomes a child of the new child", async () => {
    library.set("library.other", { child: to("child") })
    await ask("subscribe.library.parent")
    const values = { child: to("other") }
    await event("parent", "change", { values })
    expect(sent).to.deep.equal([
      { event: "library.parent.change", data: { values, models: { "library.other": { child: to("child") } } } },
    ])
  })

  it("sends the old child's events until the new one is loaded or has failed", async () => {
    library.withhold("get.library.other")
    await ask("subscribe.library.parent")
    const values = { child: to("other") }
    await event("parent", "change", { values })
    expect(sent, "waits for the new child").to.deep.equal([])
    await event("grandchild", "change", { values: { n: 2 } })
    expect(sent).to.deep.equal([{ event: "library.grandchild.change", data: { values: { n: 2 } } }])
    sent.length = 0
    library.answerNow("get.library.other", NO_ANSWER)
    await done()
    expect(sent).to.have.length(1)
    expect(sent[0]).to.have.property("event", "library.parent.change")
    expect(sent[0]?.data).to.have.nested.property("errors.library\\.other.code", "system.timeout")
    await event("grandchild", "custom")
    expect(sent, "of what nothing leads to any more").to.deep.equal([])
  })

  it("sends no events of what a client only got, not even those that came while it waited for the answer", async () => {
    library.withhold("access.library.parent")
    await ask("get.library.parent")
    await event("parent", "custom")
    await event("grandchild", "change", { values: { n: 2 } })
    library.answerNow("access.library.parent", '{"result":{"get":true}}')
    await done()
    expect(sent).to.have.length(1)
    expect(sent[0]).to.have.property("result")
    expect(subscriptions()).to.equal(0)
  })

  it("sends the events of what a client gets and is subscribed to, which came while it waited for the answer", async () => {
    library.withhold("access.library.parent")
    await ask("subscribe.library.other")
    await ask("get.library.parent")
    await event("child", "change", { values: { n: 2 } })
    await event("grandchild", "change", { values: { n: 3 } })
    expect(sent).to.deep.equal([{ event: "library.grandchild.change", data: { values: { n: 3 } } }])
    library.answerNow("access.library.parent", '{"result":{"get":true}}')
    await done()
    await event("grandchild", "change", { values: { n: 4 } })
    expect(sent).to.deep.equal([{ event: "library.grandchild.change", data: { values: { n: 4 } } }])
  })

  for (const direct of [false, true]) {
    it(`sends no events of what only a deleted child led to${direct ? ", which was subscribed directly as well" : ""}`, async () => {
      await ask("subscribe.library.parent")
      if (direct) await ask("subscribe.library.child")
      library.resources.delete("library.child")
      await event("child", "delete")
      expect(sent[0]).to.deep.equal({ event: "library.child.delete", data: null })
      await event("grandchild", "change", { values: { n: 2 } })
      expect(sent).to.deep.equal([])
      await event("parent", "custom")
      expect(sent, "of the parent, which is still there").to.have.length(1)
    })
  }

  it("keeps sending events of what a deleted child led to if another resource leads there too", async () => {
    await ask("subscribe.library.parent")
    await ask("subscribe.library.other")
    library.resources.delete("library.child")
    await event("child", "delete")
    await event("grandchild", "change", { values: { n: 2 } })
    expect(sent).to.deep.equal([{ event: "library.grandchild.change", data: { values: { n: 2 } } }])
  })

  it("sends all that a deleted child leads to when it is subscribed to again", async () => {
    await ask("subscribe.library.parent")
    library.resources.delete("library.child")
    await event("child", "delete")
    await event("grandchild", "change", { values: { n: 2 } })
    await ask("subscribe.library.child")
    expect(sent).to.deep.equal([
      {
        id: 1,
        result: {
          models: { "library.child": { grandchild: to("grandchild") }, "library.grandchild": { n: 2 } },
        },
      },
    ])
    await event("grandchild", "custom")
    expect(sent).to.have.length(1)
  })

  for (const direct of [false, true]) {
    const subscribed = direct ? ", also one that was subscribed directly in between" : ""
    it(`sends the changes of a deleted child that comes back while something refers to it${subscribed}`, async () => {
      library.set("library.books", [to("grandchild"), "old"])
      library.set("library.shelf", { child: to("child"), books: to("books") })
      await ask("subscribe.library.shelf")
      for (const name of ["child", "books"]) library.resources.delete(`library.${name}`)
      library.reset(["library.child", "library.books"])
      await done()
      if (direct) await ask("subscribe.library.child")
      sent.length = 0
      library.set("library.child", { title: "new", grandchild: to("grandchild") })
      library.set("library.books", ["new", to("grandchild")])
      await until("the client to be told", () => sent.some(({ data }) => JSON.stringify(data).includes("grandchild")))
      await until("all of it", () => sent.length >= 5)
      const models = sent.flatMap(({ data }) => (data as { models?: object }).models ?? [])
      expect(models).to.deep.equal(direct ? [] : [{ "library.grandchild": { n: 1 } }])
      for (const { data } of sent) delete (data as { models?: object }).models
      expect(sent.filter(({ event }) => event?.startsWith("library.child"))).to.deep.equal([
        { event: "library.child.change", data: { values: { title: "new", grandchild: to("grandchild") } } },
      ])
      expect(sent.filter(({ event }) => event?.startsWith("library.books"))).to.deep.equal([
        { event: "library.books.remove", data: { idx: 1 } },
        { event: "library.books.remove", data: { idx: 0 } },
        { event: "library.books.add", data: { idx: 0, value: "new" } },
        { event: "library.books.add", data: { idx: 1, value: to("grandchild") } },
      ])
      for (const name of ["child", "grandchild"]) {
        await event(name, "change", { values: { later: true } })
        expect(sent).to.deep.equal([{ event: `library.${name}.change`, data: { values: { later: true } } }])
      }
      await event("books", "remove", { idx: 0 })
      expect(sent).to.deep.equal([{ event: "library.books.remove", data: { idx: 0 } }])
    })
  }

  it("asks no more for a deleted child when nothing refers to it", async () => {
    await ask("subscribe.library.parent")
    library.resources.delete("library.child")
    await event("child", "delete")
    await event("parent", "change", { values: { child: null } })
    library.requests.length = 0
    await sleep(20 * REFETCH_PAUSE_MS)
    expect(library.requests).to.deep.equal([])
  })

  it("waits for a new child that is still loading, though another resource of the client refers to it too", async () => {
    for (const name of ["late", "slow"]) library.withhold(`get.library.${name}`)
    library.set("library.second", { child: to("child"), slow: to("slow") })
    await ask("subscribe.library.parent")
    await event("child", "change", { values: { late: to("late") } })
    await ask("subscribe.library.second")
    await event("parent", "change", { values: { child: null } })
    sent.length = 0
    library.answerNow("get.library.slow", NO_ANSWER)
    await done()
    expect(sent[0], "with the child as it was before the event that waits").to.have.nested.property("result.models")
    await event("parent", "change", { values: { child: to("late") } })
    expect(sent, "waits for the child").to.deep.equal([])
    library.answerNow("get.library.late", NO_ANSWER)
    await done()
    expect(sent).to.have.length(2)
    for (const each of sent) expect(each.data).to.have.nested.property("errors.library\\.late.code", "system.timeout")
  })
})
