import { expect } from "chai"
import { collection, model, query, ResError } from "res-service"
import { z } from "zod"
import { PATIENCE_MS, until } from "../../../test/helpers/until.ts"
import { inMemoryAndOnNats, type Start } from "./service-suite.ts"

inMemoryAndOnNats("Query events", (startKit) => {
  // Longer than any test takes on a busy machine.
  const start: Start = (resources, options) => startKit(resources, { queryEventMs: PATIENCE_MS, ...options })
  const Page = z.object({ from: z.coerce.number().int(), limit: z.coerce.number().int().default(2) })
  let numbers: number[] = []
  const pages = collection("library.numbers", {
    get: () => numbers,
    query: query(Page, (_req, { from, limit }) => numbers.slice(from, from + limit)),
    call: (method) => ({
      push: method(z.number(), (req, value) => {
        numbers = [value, ...numbers]
        req.events.add(value, 0)
        req.events.query()
      }),
    }),
  })
  const profile = model("library.profile.$id", {
    get: () => ({ name: "Ann", age: 30 }),
    query: query(z.object({ only: z.string() }), () => ({ name: "Ann", age: 30 })),
  })

  beforeEach(() => {
    numbers = [3, 2, 1]
  })

  it("names a subject on which each query is answered with its current content", async () => {
    const kit = await start([pages])
    const { sent } = await kit.call("library.numbers", "push", 4)
    expect(sent.map(({ subject }) => subject)).to.deep.equal([
      "event.library.numbers.add",
      "event.library.numbers.query",
    ])
    expect((await kit.query(sent[1], "from=0&limit=2")).answer).to.deep.equal({ result: { collection: [4, 3] } })
    expect((await kit.query(sent[1], "from=2&limit=9")).answer).to.deep.equal({ result: { collection: [2, 1] } })
    await kit.nothingMore()
  })

  it("answers with the announced events, given validated params, or with none", async () => {
    const kit = await start([pages])
    await kit.service.with(pages, {}, (events) =>
      events.query(({ from }, changes) => {
        if (from > 0) return
        changes.remove(1)
        changes.add(9, 0)
      }),
    )
    const [event] = await kit.rest()
    expect((await kit.query(event, "from=00&limit=2")).answer.result).to.deep.equal({
      events: [
        { event: "remove", data: { idx: 1 } },
        { event: "add", data: { value: 9, idx: 0 } },
      ],
    })
    expect((await kit.query(event, "from=5&limit=2")).answer.result).to.deep.equal({ events: [] })
  })

  it("answers with changes of a model", async () => {
    const kit = await start([profile])
    await kit.service.with(profile, { id: "1" }, (events) => {
      events.query((_params, changes) => {
        changes.change({ age: 31 })
      })
    })
    const [event] = await kit.rest()
    expect(event?.subject).to.equal("event.library.profile.1.query")
    expect((await kit.query(event, "only=age")).answer.result).to.deep.equal({
      events: [{ event: "change", data: { values: { age: 31 } } }],
    })
  })

  it("answers system.notFound when that is thrown, system.invalidQuery, system.invalidRequest and system.internalError", async () => {
    const kit = await start([pages])
    await kit.service.with(pages, {}, (events) => {
      events.query(({ from }) => {
        if (from === 1) throw new ResError("system.notFound")
        if (from === 2) throw new Error("the password is 1234")
        return [from]
      })
    })
    const [event] = await kit.rest()
    const codeFor = async (text: string) => (await kit.query(event, text)).answer.error?.code
    expect(await codeFor("from=1")).to.equal("system.notFound")
    expect(await codeFor("from=2")).to.equal("system.internalError")
    expect(await codeFor("from=x")).to.equal("system.invalidQuery")
    expect(await codeFor("from=3")).to.equal(undefined)
    const { subject } = (event?.payload ?? {}) as { subject: string }
    expect((await kit.request(subject, "no JSON")).answer.error?.code).to.equal("system.invalidRequest")
    expect((await kit.request(subject, "")).answer.error?.code).to.equal("system.invalidQuery")
  })

  it("stops answering after queryEventMs", async () => {
    const kit = await start([pages], { queryEventMs: 20 })
    await kit.service.with(pages, {}, (events) => events.query())
    const [event] = await kit.rest()
    await until("the query event to end", () => kit.service.load.queryEvents === 0)
    // Flushes the service's connection: nats-server then knows that nobody listens any more.
    await kit.nothingMore()
    const { answer } = await kit.query(event, "from=0")
    expect(answer.error?.code).to.equal("no responders")
  })

  it("stops answering when the service stops", async () => {
    const kit = await start([pages])
    await kit.service.with(pages, {}, (events) => events.query())
    const [event] = await kit.rest()
    expect(kit.service.load.queryEvents).to.equal(1)
    await kit.service.stop()
    expect(kit.service.load).to.deep.equal({ requests: 0, queues: 0, queryEvents: 0 })
    await kit.nothingMore()
    const { answer } = await kit.query(event, "from=0")
    expect(answer.error?.code).to.equal("no responders")
  })

  it("is sent once for many changes until somebody asks or fetches a query, and no change gets lost", async () => {
    const kit = await start([pages])
    const change = (value: number) =>
      kit.service.with(pages, {}, (events) => {
        numbers = [value, ...numbers]
        events.query()
      })
    for (let i = 0; i < 50; i++) await change(i)
    const [event, ...more] = await kit.rest()
    expect(more).to.deep.equal([])
    expect((await kit.query(event, "from=0&limit=1")).answer.result).to.deep.equal({ collection: [49] })

    await change(50) // whoever asked does not know of it
    const [second, ...others] = await kit.rest()
    expect(others).to.deep.equal([])
    expect((await kit.query(second, "from=0&limit=1")).answer.result).to.deep.equal({ collection: [50] })

    await change(51)
    await kit.next()
    await kit.get("library.numbers", "from=0&limit=1") // came too late for that event
    await change(52)
    expect((await kit.next())[0]?.subject).to.equal("event.library.numbers.query")
    await kit.nothingMore()
  })

  it("is refused for a resource without queries", async () => {
    const plain = model("library.plain", { get: () => ({ a: 1 }) })
    const kit = await start([plain])
    await kit.service.with(plain, {}, (events) => {
      expect(() => (events as unknown as { query(): void }).query()).to.throw(TypeError, "is not a query resource")
    })
    await kit.nothingMore()
  })
})
