import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { accessGranted, handle, model, ResError, Service, type StandardSchema } from "res-service"
import { Client, InvalidAnswerError } from "res-service/client"
import { dataValue, defineCollection, defineModel, reference, referenceTo, type ValueOf } from "res-service/contract"
import { MemoryBroker, ServiceKit } from "res-service/testing"
import { z } from "zod"
import { MemoryLogger } from "../../../test/helpers/memory-logger.ts"
import { until } from "../../../test/helpers/until.ts"

const book = defineModel("library.$shelf.book.$id", {
  parts: { id: z.string().regex(/^\d+$/) },
  value: z.object({ title: z.string(), lentTo: z.string(), tags: z.array(z.string()), note: z.string().optional() }),
  calls: {
    lend: {
      params: z.object({ to: z.string().min(1) }),
      answer: z.object({ until: z.iso.date() }),
      errors: ["x.onLoan"],
    },
    giveBack: {},
  },
  auth: { login: { params: z.object({ card: z.string() }), answer: z.object({ name: z.string() }) } },
  events: { reviewed: z.object({ stars: z.int() }) },
})

const books = defineCollection("library.$shelf.books", { value: referenceTo(book) })

const log = defineCollection("library.log", {
  value: z.object({ what: z.string() }),
  query: z.object({ from: z.coerce.number(), limit: z.coerce.number().default(10) }),
  errors: ["x.tooFar"],
})

const emma = { title: "Emma", lentTo: "", tags: dataValue(["novel"]) }

describe("A contract", () => {
  it("makes the names of its resources, with queries, and patterns of names", () => {
    expect(book.name({ shelf: "a", id: "42" })).to.equal("library.a.book.42")
    expect(log.rid({}, { from: 5, limit: undefined })).to.equal("library.log?from=5")
    expect(book.rid({ shelf: "a", id: "42" })).to.equal("library.a.book.42")
    expect(book.pattern.names({ shelf: "a" })).to.equal("library.a.book.*")
    expect(() => book.name({ shelf: "a", id: "4.2" })).to.throw(TypeError, "is not a valid part")
    expect(() => book.pattern.names({ shelf: ">" })).to.throw(TypeError, "is not a valid part")
  })

  it("matches names whose parts its schemas accept unchanged", () => {
    const lower = defineModel("x.$id", { parts: { id: z.string().toLowerCase() } })
    expect(book.match("library.a.book.42")).to.deep.equal({ shelf: "a", id: "42" })
    expect(book.match("library.a.book.x")).to.equal(undefined)
    expect(book.match("library.a.books")).to.equal(undefined)
    expect(lower.match("x.abc")).to.deep.equal({ id: "abc" })
    expect(lower.match("x.ABC")).to.equal(undefined)
  })

  it("refuses parts that its pattern does not have, and that take time to be looked at", () => {
    // @ts-expect-error: the pattern has no `shelf`
    expect(() => defineModel("x.$id", { parts: { shelf: z.string() } })).to.throw(TypeError, 'no part "shelf"')
    const slow = defineModel("x.$id", { parts: { id: z.string().refine(async () => true) } })
    expect(() => slow.match("x.1")).to.throw()
    const promising: StandardSchema = {
      "~standard": { version: 1, vendor: "test", validate: async (value) => ({ value }) },
    }
    expect(() => defineModel("x.$id", { parts: { id: promising } }).match("x.1")).to.throw(
      TypeError,
      "synchronous schema",
    )
  })

  it("lists what it declares as data", () => {
    expect(book.describe()).to.deep.include({
      kind: "model",
      pattern: "library.$shelf.book.$id",
      parts: { id: { type: "string", pattern: "^\\d+$" } },
      errors: [],
      events: {
        reviewed: {
          type: "object",
          properties: {
            stars: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
          },
          required: ["stars"],
        },
      },
    })
    expect(book.describe().calls.giveBack).to.deep.equal({ errors: [] })
    expect(book.describe().calls.lend).to.have.all.keys("params", "answer", "errors")
    expect(book.describe().calls.lend?.errors).to.deep.equal(["x.onLoan"])
    expect(books.describe().value).to.deep.equal({ refersTo: "library.$shelf.book.$id" })
    expect(log.describe()).to.deep.include({ kind: "collection", errors: ["x.tooFar"], calls: {}, auth: {} })
    const custom = defineModel("x", { value: z.custom<{ a: number }>() })
    expect(custom.describe().value).to.equal(true)
  })

  it("can be used in a browser: it loads no module of Node, and no package", () => {
    const seen = new Set<string>()
    const load = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      const text = readFileSync(file, "utf8")
      expect(text, file).to.not.match(/\bBuffer\b|\bprocess\./)
      for (const [, type, specifier = ""] of text.matchAll(/^(?:import|export) (type )?[^"]*? ?from "([^"]+)"/gm)) {
        if (type !== undefined) continue
        expect(specifier, file).to.match(/^\./)
        load(join(dirname(file), specifier))
      }
    }
    load(fileURLToPath(new URL("../../src/contract/mod.ts", import.meta.url)))
    expect(seen.size).to.be.above(4)
  })
})

describe("handle()", () => {
  const lent: unknown[] = []
  const handled = () =>
    handle(book, {
      access: () => accessGranted,
      get: ({ parts }) => (parts.id === "42" ? emma : undefined),
      call: {
        lend: ({ parts, events }, { to }) => {
          lent.push([parts.shelf, parts.id, to])
          events.change({ lentTo: to })
          events.event("reviewed", { stars: 5 })
          return { until: "2026-12-01" }
        },
        giveBack: { mode: "free", handle: () => {} },
      },
      auth: {
        login: (req, { card }) => {
          req.setToken({ card })
          return { name: card }
        },
      },
    })

  it("answers with handlers that the contract types", async () => {
    const kit = await ServiceKit.start([handled()])
    await kit.rest()
    expect((await kit.get("library.a.book.42")).answer).to.deep.equal({ result: { model: emma } })
    expect((await kit.get("library.a.book.43")).answer.error?.code).to.equal("system.notFound")
    const { answer, sent } = await kit.call("library.a.book.42", "lend", { to: "Ann" })
    expect(answer).to.deep.equal({ result: { until: "2026-12-01" } })
    expect(lent).to.deep.equal([["a", "42", "Ann"]])
    expect(sent.map(({ subject }) => subject)).to.deep.equal([
      "event.library.a.book.42.change",
      "event.library.a.book.42.reviewed",
    ])
    expect((await kit.call("library.a.book.42", "lend", { to: "" })).answer.error?.code).to.equal(
      "system.invalidParams",
    )
    expect((await kit.call("library.a.book.42", "giveBack")).answer).to.deep.equal({ result: null })
    expect((await kit.auth("library.a.book.42", "login", { card: "7" })).answer).to.deep.equal({
      result: { name: "7" },
    })
    expect((await kit.call("library.a.book.42", "burn")).answer.error?.code).to.equal("system.methodNotFound")
    await kit.stop()
  })

  it("answers system.notFound for a name with parts that the contract refuses", async () => {
    const kit = await ServiceKit.start([handled()])
    expect((await kit.get("library.a.book.x")).answer.error?.code).to.equal("system.notFound")
    await kit.stop()
  })

  it("answers queries, normalised, and refuses others", async () => {
    const kit = await ServiceKit.start([
      handle(log, {
        get: () => [dataValue({ what: "newest" })],
        query: (_req, { from, limit }) => [dataValue({ what: `${limit} from ${from}` })],
      }),
    ])
    expect((await kit.get("library.log", "from=3")).answer.result).to.deep.equal({
      collection: [{ data: { what: "10 from 3" } }],
      query: "from=3&limit=10",
    })
    expect((await kit.get("library.log", "from=x")).answer.error?.code).to.equal("system.invalidQuery")
    await kit.stop()
  })

  it("validates params with a handler's stricter schema", async () => {
    const strict = handle(defineModel("x", { calls: { put: { params: z.object({ n: z.coerce.number() }) } } }), {
      call: { put: { params: z.object({ n: z.number() }), handle: () => {} } },
    })
    const kit = await ServiceKit.start([strict])
    expect((await kit.call("x", "put", { n: 1 })).answer).to.deep.equal({ result: null })
    expect((await kit.call("x", "put", { n: "1" })).answer.error?.code).to.equal("system.invalidParams")
    await kit.stop()
  })

  it("throws a TypeError for a declared method without a handler", () => {
    // @ts-expect-error: `giveBack` and `auth` are missing
    expect(() => handle(book, { call: { lend: () => ({ until: "" }) } })).to.throw(TypeError, '"giveBack"')
  })

  it("reports mistakes at compile time", () => {
    const unused = (): void => {
      const call = { lend: () => ({ until: "" }), giveBack: () => {} }
      const auth = { login: () => ({ name: "" }) }
      // @ts-expect-error: a model without its title
      handle(book, { get: () => ({ lentTo: "", tags: dataValue(["a"]) }), call, auth })
      // @ts-expect-error: a list that is no data value
      handle(book, { get: () => ({ ...emma, tags: ["a"] }), call, auth })
      // @ts-expect-error: an answer of another shape
      handle(book, { call: { ...call, lend: () => ({ til: "" }) }, auth })
      // @ts-expect-error: a method that the contract does not have
      handle(book, { call: { ...call, burn: (req: { name: string }) => req.name }, auth, get: () => ({}) })
      // @ts-expect-error: a contract without a query has no query handler
      handle(books, { query: () => [] })
      // @ts-expect-error: a query that the contract declares must be handled
      handle(log, { get: () => [] })
      handle(book, {
        call: {
          ...call,
          lend: ({ parts, events }, params) => {
            // @ts-expect-error: params are those of the contract
            params.from
            // @ts-expect-error: parts are those of the pattern
            parts.isbn
            // @ts-expect-error: an event that the contract does not have
            events.event("burnt", {})
            // @ts-expect-error: its event with another payload
            events.event("reviewed", { stars: "five" })
            // @ts-expect-error: a change of what is not there
            events.change({ price: 5 })
            return { until: "" }
          },
        },
        auth,
      })
      // @ts-expect-error: values of a collection of references are references
      handle(books, { get: () => [emma] })
    }
    expect(unused).to.be.a("function")
  })
})

describe("Service, by a contract", () => {
  it("handle() adds, with(), events() and reset() find the resource", async () => {
    const kit = await ServiceKit.start([handle(books, { get: () => [reference("library.a.book.42")] })])
    await kit.rest()
    const { service } = kit
    await service.with(books, { shelf: "a" }, (events) => events.add(reference("library.a.book.43"), 1))
    service.events(books, { shelf: "a" }).remove(0)
    service.reset(books, { shelf: "a" })
    service.reset(book, { shelf: "a" })
    expect(await kit.rest()).to.deep.equal([
      { subject: "event.library.a.books.add", payload: { value: { rid: "library.a.book.43" }, idx: 1 } },
      { subject: "event.library.a.books.remove", payload: { idx: 0 } },
      { subject: "system.reset", payload: { resources: ["library.a.books"] } },
      { subject: "system.reset", payload: { resources: ["library.a.book.*"] } },
    ])
    expect(() => service.with(book, { shelf: "a", id: "1" }, () => {})).to.throw(TypeError, "no resource handles")
    await kit.stop()
  })

  it("starts timed sources of events with the contract's types", async () => {
    let tell: (() => Promise<void>) | undefined
    const kit = await ServiceKit.start([
      handle(books, {
        onStart: (send) => {
          tell = () => send({ shelf: "b" }, (events) => events.add(reference("library.b.book.1"), 0))
          return undefined
        },
      }),
    ])
    await kit.rest()
    await tell?.()
    expect((await kit.rest()).map(({ subject }) => subject)).to.deep.equal(["event.library.b.books.add"])
    await kit.stop()
  })
})

describe("Client, by a contract", () => {
  const setUp = async (answer: () => { until: string } = () => ({ until: "2026-12-01" })) => {
    const broker = new MemoryBroker()
    const service = new Service(broker.connect())
      .handle(book, {
        access: () => ({ get: true, call: ["lend"] }),
        get: ({ parts }) => (parts.id === "42" ? emma : undefined),
        call: {
          lend: (req, { to }) => {
            req.events.event("reviewed", { stars: to === "Zoe" ? ("none" as unknown as number) : 5 })
            return answer()
          },
          giveBack: () => {},
        },
        auth: { login: (_req, { card }) => ({ name: card }) },
      })
      .handle(books, { get: () => [reference("library.a.book.42")] })
      .handle(log, {
        get: () => [dataValue({ what: "newest" })],
        query: (_req, { from }) => [dataValue({ what: `from ${from}` })],
      })
    await service.start()
    const logger = new MemoryLogger()
    const client = new Client(broker.connect(), { logger })
    const close = async (): Promise<void> => {
      client.close()
      await service.stop()
    }
    return { client, service, logger, close }
  }

  it("sends typed call, get and access requests for parts", async () => {
    const { client, close } = await setUp()
    const { until: end }: { until: string } = await client.call(book, { shelf: "a", id: "42" }, "lend", { to: "Ann" })
    expect(end).to.equal("2026-12-01")
    expect(await client.call(book, { shelf: "a", id: "42" }, "giveBack", undefined)).to.equal(null)
    const { name } = await client.auth(book, { shelf: "a", id: "42" }, "login", { card: "7" })
    expect(name).to.equal("7")
    const { title, tags } = await client.get(book, { shelf: "a", id: "42" })
    expect([title, ...tags]).to.deep.equal(["Emma", "novel"])
    const [first] = await client.get(books, { shelf: "a" })
    expect(first?.rid).to.equal("library.a.book.42")
    expect((await client.get(log, {})).map(({ what }) => what)).to.deep.equal(["newest"])
    expect(await client.get(log, {}, { from: 7 })).to.deep.equal([{ what: "from 7" }])
    expect(await client.access(book, { shelf: "a", id: "42" })).to.deep.equal({ get: true, call: "lend" })
    await close()
  })

  it("rejects with the service's errors as they are", async () => {
    const { client, close } = await setUp(() => {
      throw new ResError("x.onLoan", "On loan", { days: 3 })
    })
    const error = await client.call(book, { shelf: "a", id: "42" }, "lend", { to: "Ann" }).catch((reason) => reason)
    expect(error.toJSON()).to.deep.equal({ code: "x.onLoan", message: "On loan", data: { days: 3 } })
    await close()
  })

  it("rejects with an InvalidAnswerError for an answer that does not match, and logs what is wrong", async () => {
    const { client, logger, close } = await setUp(() => ({ until: "tomorrow" }))
    const error = await client.call(book, { shelf: "a", id: "42" }, "lend", { to: "Ann" }).catch((reason) => reason)
    expect(error).to.be.instanceOf(InvalidAnswerError).and.instanceOf(ResError)
    expect(error.code).to.equal("system.internalError")
    expect(error.message).to.equal("The answer to call.library.a.book.42.lend does not match its contract")
    expect(error.problems).to.deep.equal([{ path: ["until"], message: "Invalid ISO date" }])
    expect(logger.messages("error")).to.deep.equal(["an answer does not match its contract"])
    await close()
  })

  it("rejects in the same way for content that does not match", async () => {
    const broker = new MemoryBroker()
    await new Service(broker.connect()).add(model("library.a.book.$id", { get: () => ({ title: 5 }) })).start()
    const client = new Client(broker.connect())
    const error = await client.get(book, { shelf: "a", id: "42" }).catch((reason) => reason)
    expect(error).to.be.instanceOf(InvalidAnswerError)
    expect(error.problems.map(({ path }: { path: string[] }) => path[0])).to.deep.equal(["title", "lentTo", "tags"])
    client.close()
  })

  it("mirrors with the types of referenced resources, and validates the contract's own events", async () => {
    const { client, logger, close } = await setUp()
    const shelf = client.mirror(books, { shelf: "a" })
    await shelf.ready
    const titles: (string | undefined)[] = (shelf.value ?? []).map((each) => each?.title)
    expect(titles).to.deep.equal(["Emma"])
    const mirror = client.mirror(book, { shelf: "a", id: "42" })
    await mirror.ready
    const stars: number[] = []
    mirror.onEvent((event) => {
      if (event.type === "custom" && event.name === "reviewed") stars.push(event.data.stars)
    })
    for (const to of ["Zoe", "Ann"]) await client.call(book, { shelf: "a", id: "42" }, "lend", { to })
    await until("the event", () => stars.length > 0)
    expect(stars).to.deep.equal([5])
    expect(logger.messages("error")).to.deep.equal(["an event does not match its contract"])
    await close()
  })

  it("reports mistakes at compile time", () => {
    const unused = async (client: Client): Promise<void> => {
      // @ts-expect-error: a part is missing
      await client.get(book, { shelf: "a" })
      // @ts-expect-error: a method that the contract does not have
      await client.call(book, { shelf: "a", id: "42" }, "burn", undefined)
      // @ts-expect-error: params of another shape
      await client.call(book, { shelf: "a", id: "42" }, "lend", { for: "Ann" })
      // @ts-expect-error: the answer has no such member
      ;(await client.call(book, { shelf: "a", id: "42" }, "lend", { to: "Ann" })).days
      // @ts-expect-error: a query of another shape
      await client.get(log, {}, { before: 5 })
      // @ts-expect-error: this contract has no query
      await client.get(book, { shelf: "a", id: "42" }, { from: 5 })
      // @ts-expect-error: the value has no such member
      client.mirror(books, { shelf: "a" }).value?.[0]?.price
      const value: ValueOf<typeof book> = { title: "", lentTo: "", tags: [] }
      // @ts-expect-error: plain values are not wrapped
      value.tags.data
    }
    expect(unused).to.be.a("function")
  })
})
