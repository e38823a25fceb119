import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import {
  type Admission,
  type AnyResource,
  accessGranted,
  authMethod,
  collection,
  dataValue,
  deleteAction,
  type ErrorObject,
  method,
  model,
  query,
  ResError,
  ResourceResponse,
  reference,
  Service,
  type ServiceOptions,
  silentLogger,
  softReference,
} from "res-service"
import { MemoryBroker, ServiceKit } from "res-service/testing"
import { z } from "zod"
import { until } from "../../../test/helpers/until.ts"
import { inMemoryAndOnNats } from "./service-suite.ts"

inMemoryAndOnNats("Service", (startKit) => {
  const started = (...resources: AnyResource[]) => startKit(resources)

  describe("start()", () => {
    it("sends system.reset for the names that it owns, and for access only if it answers access requests", async () => {
      const open = await ServiceKit.start([
        model("library.book.$id", { get: () => ({}) }),
        model("shelf", { get: () => ({}) }),
      ])
      const owned = ["library", "library.>", "shelf", "shelf.>"]
      expect(await open.rest()).to.deep.equal([{ subject: "system.reset", payload: { resources: owned } }])

      const deciding = await ServiceKit.start([model("library.book.$id", { access: () => ({ get: true }) })])
      const payload = { resources: ["library", "library.>"], access: ["library", "library.>"] }
      expect(await deciding.rest()).to.deep.equal([{ subject: "system.reset", payload }])
    })

    it("works again after stop(), and is refused while the service runs", async () => {
      const kit = await started(model("library.book.$id", { get: () => ({ a: 1 }) }))
      const error = await kit.service.start().catch((reason: Error) => reason)
      expect(error).to.be.instanceOf(Error).with.property("message").that.includes("already started")
      await kit.service.stop()
      await kit.service.start()
      expect((await kit.get("library.book.1")).answer.result).to.deep.equal({ model: { a: 1 } })
    })

    it("refuses a pattern that is there twice, or starts with a wildcard", () => {
      const service = new Service(new MemoryBroker().connect())
      service.add(model("library.book.$id", {}))
      expect(() => service.add(model("library.book.$other", {}))).to.throw(TypeError, "declared twice")
      expect(() => service.add(model("$any.book", {}))).to.throw(TypeError, "starts with a wildcard")
      expect(() => model("library..book", {})).to.throw(TypeError, "invalid pattern")
      expect(() => model("library.$id.$id", {})).to.throw(TypeError, "invalid placeholder")
    })
  })

  describe("ServiceOptions.admit", () => {
    const asked: Admission[] = []
    const admit = (request: Admission): void => {
      asked.push(request)
      if (request.token !== "busy") return
      request.meta({ status: 429 })
      throw new ResError("library.busy", "Come again later")
    }
    const book = model("library.book.$id", {
      access: () => accessGranted,
      get: () => ({}),
      call: { lend: method(z.string(), () => "lent") },
      auth: { login: authMethod(z.string(), () => "welcome") },
    })

    beforeEach(() => asked.splice(0))

    it("is called for access, call and auth requests before params are validated, and its error is the answer", async () => {
      const kit = await startKit([book], { admit })
      const fields = { token: "busy", isHttp: true }
      for (const { answer } of [
        await kit.access("library.book.1", fields),
        await kit.call("library.book.1", "lend", 5, fields),
        await kit.auth("library.book.1", "login", 5, fields),
      ]) {
        const error = { code: "library.busy", message: "Come again later" }
        expect(answer).to.deep.equal({ error, meta: { status: 429 } })
      }
      expect(asked.map(({ type, pattern, name }) => [type, pattern, name])).to.deep.equal(
        ["access", "call", "auth"].map((type) => [type, "library.book.$id", "library.book.1"]),
      )
    })

    it("gets what a request says about its client", async () => {
      const kit = await startKit([book], { admit })
      const header = { "X-Forwarded-For": ["192.0.2.1"] }
      const { answer } = await kit.call("library.book.1", "lend", "Ann", { remoteAddr: "10.0.0.1:80", header })
      expect(answer).to.deep.equal({ result: "lent" })
      expect(asked[0]).to.deep.include({
        method: "lend",
        params: "Ann",
        cid: "test",
        token: null,
        remoteAddr: "10.0.0.1:80",
        header,
      })
    })

    it("refuses at once, though the resource's queue is held up", async () => {
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const slow = model("library.desk", { call: { wait: method(z.unknown(), () => held) } })
      const kit = await startKit([slow], { admit })
      const waiting = kit.call("library.desk", "wait")
      expect((await kit.call("library.desk", "wait", null, { token: "busy" })).answer.error?.code).to.equal(
        "library.busy",
      )
      release()
      expect((await waiting).answer).to.deep.equal({ result: null })
    })

    it("is not called for get requests, which do not say who sends them", async () => {
      const kit = await startKit([book], { admit })
      expect((await kit.get("library.book.1")).answer).to.deep.equal({ result: { model: {} } })
      expect(asked).to.deep.equal([])
    })
  })

  describe("get", () => {
    it("answers with a model, its parts inferred from the pattern", async () => {
      const kit = await started(
        model("library.book.$id", {
          get: (req) => ({ id: req.parts.id, tags: dataValue(["a"]), shelf: reference("library.shelf.1") }),
        }),
      )
      const { answer } = await kit.get("library.book.42")
      const book = { id: "42", tags: { data: ["a"] }, shelf: { rid: "library.shelf.1" } }
      expect(answer).to.deep.equal({ result: { model: book } })
    })

    it("answers with a collection", async () => {
      const kit = await started(
        collection("library.books", { get: () => [1, "two", null, softReference("library.book.3")] }),
      )
      const { answer } = await kit.get("library.books")
      expect(answer).to.deep.equal({ result: { collection: [1, "two", null, { rid: "library.book.3", soft: true }] } })
    })

    it("answers system.notFound for a name that no pattern matches, or that is not owned", async () => {
      const kit = await started(model("library.book.$id", { owns: ({ id }) => id !== "0", get: () => ({}) }))
      for (const rid of ["library.book", "library.book.1.2", "library.other", "library", "library.book.0"]) {
        expect((await kit.get(rid)).answer.error?.code, rid).to.equal("system.notFound")
      }
    })

    it("lets the more specific of two patterns answer", async () => {
      const kit = await started(
        model("library.>", { get: () => ({ by: "rest" }) }),
        model("library.book.$id", { get: () => ({ by: "placeholder" }) }),
        model("library.book.first", { get: () => ({ by: "literal" }) }),
      )
      const by = async (rid: string) => (await kit.get(rid)).answer.result
      expect(await by("library.book.first")).to.deep.equal({ model: { by: "literal" } })
      expect(await by("library.book.2")).to.deep.equal({ model: { by: "placeholder" } })
      expect(await by("library.a.b.c")).to.deep.equal({ model: { by: "rest" } })
    })

    it("answers with a thrown ResError unchanged, and with system.internalError without the text for other errors", async () => {
      const kit = await started(
        model("library.book.$id", {
          get: async (req) => {
            if (req.parts.id === "1") throw new ResError("library.lost", "The book is lost", { since: 1999 })
            throw new Error("the password is 1234")
          },
        }),
      )
      const lost = { code: "library.lost", message: "The book is lost", data: { since: 1999 } }
      expect((await kit.get("library.book.1")).answer).to.deep.equal({ error: lost })
      expect((await kit.get("library.book.2")).answer).to.deep.equal({
        error: { code: "system.internalError", message: "Internal error" },
      })
    })

    it("answers system.internalError instead of an answer that is too large for a message", async () => {
      const kit = await started(model("library.large", { get: () => ({ text: "x".repeat(1_100_000) }) }))
      expect((await kit.get("library.large")).answer.error?.code).to.equal("system.internalError")
    })

    it("answers system.invalidRequest given a payload that is not a JSON object", async () => {
      const kit = await started(model("library.book.$id", { get: () => ({}) }))
      for (const payload of ["no JSON", "[]", "5", "null"]) {
        expect((await kit.request("get.library.book.1", payload)).answer.error?.code).to.equal("system.invalidRequest")
      }
      expect((await kit.request("get.library.book.1", "")).answer.result).to.deep.equal({ model: {} })
    })
  })

  describe("query", () => {
    const books = collection("library.books", {
      get: () => [0],
      query: query(
        z.object({
          from: z.coerce.number().int(),
          limit: z.coerce.number().int().default(10),
          by: z.string().optional(),
        }),
        (_req, { from, limit }) => [from, limit],
      ),
    })

    it("answers with typed params and the normalised query", async () => {
      const kit = await started(books)
      expect((await kit.get("library.books", "limit=05&from=3&x=1")).answer.result).to.deep.equal({
        collection: [3, 5],
        query: "from=3&limit=5",
      })
      expect((await kit.get("library.books", "by=a%20b&from=1")).answer.result).to.deep.include({
        query: "from=1&limit=10&by=a+b",
      })
    })

    it("answers system.invalidQuery with every problem", async () => {
      const kit = await started(books)
      const { error } = (await kit.get("library.books", "from=x&limit=1.5")).answer
      expect(error?.code).to.equal("system.invalidQuery")
      expect(pathsOf(error)).to.deep.equal([["from"], ["limit"]])
    })

    it("answers without a query, and ignores a query for an ordinary resource", async () => {
      const kit = await started(books, model("library.book.$id", { get: () => ({ a: 1 }) }))
      expect((await kit.get("library.books")).answer.result).to.deep.equal({ collection: [0] })
      expect((await kit.get("library.book.1", "x=1")).answer.result).to.deep.equal({ model: { a: 1 } })
    })
  })

  describe("access", () => {
    it("answers with get and a list of methods, depending on token and cid", async () => {
      const kit = await started(
        model("library.book.$id", {
          access: (req) =>
            req.token === null ? {} : { get: true, call: req.cid === "admin" ? "*" : ["lend", "return"] },
        }),
      )
      expect((await kit.access("library.book.1")).answer).to.deep.equal({ result: {} })
      expect((await kit.access("library.book.1", { token: 1 })).answer.result).to.deep.equal({
        get: true,
        call: "lend,return",
      })
      expect((await kit.access("library.book.1", { token: 1, cid: "admin" })).answer.result).to.deep.equal({
        get: true,
        call: "*",
      })
    })

    it("leaves access requests to others if it has no handler", async () => {
      const kit = await started(model("library.book.$id", { get: () => ({}) }))
      const { answer } = await kit.access("library.book.1")
      expect(answer.error?.code).to.equal("no responders")
    })
  })

  describe("call", () => {
    const lend = model("library.book.$id", {
      get: () => ({ title: "T", lentTo: "" }),
      call: {
        lend: method(z.object({ to: z.string() }), (req, { to }) => {
          req.events.change({ lentTo: to })
          return { at: req.parts.id }
        }),
        give: { handle: () => undefined },
        copy: { handle: () => new ResourceResponse("library.book.43") },
        fail: method(z.unknown(), () => {
          throw new ResError("library.bookOnLoan", "On loan")
        }),
      },
    })

    it("sends its events before its answer, and nothing else", async () => {
      const kit = await started(lend)
      const { answer, sent } = await kit.call("library.book.42", "lend", { to: "Ann" })
      expect(sent).to.deep.equal([{ subject: "event.library.book.42.change", payload: { values: { lentTo: "Ann" } } }])
      expect(answer).to.deep.equal({ result: { at: "42" } })
      expect(await kit.rest()).to.deep.equal([])
    })

    it("answers null for a handler that returns nothing, a resource for a ResourceResponse", async () => {
      const kit = await started(lend)
      expect((await kit.call("library.book.42", "give")).answer).to.deep.equal({ result: null })
      expect((await kit.call("library.book.42", "copy")).answer).to.deep.equal({ resource: { rid: "library.book.43" } })
    })

    it("answers system.invalidParams with every problem, and does not run the handler", async () => {
      const kit = await started(lend)
      const { answer, sent } = await kit.call("library.book.42", "lend", { to: 1 })
      expect(answer.error).to.deep.include({ code: "system.invalidParams", message: "Invalid parameters" })
      expect(pathsOf(answer.error)).to.deep.equal([["to"]])
      expect(sent).to.deep.equal([])
    })

    it("answers system.methodNotFound, also for names that every object has", async () => {
      const kit = await started(lend)
      for (const name of ["steal", "toString", "__proto__", "constructor"]) {
        expect((await kit.call("library.book.42", name)).answer.error?.code).to.equal("system.methodNotFound")
      }
    })

    it("checks access before each call, and before its params, if checkCalls is set", async () => {
      const called: unknown[] = []
      const kit = await started(
        model("library.book.$id", {
          checkCalls: true,
          access: (req) => (req.token === "Eve" ? accessGranted : req.token === "Ann" ? { call: ["lend"] } : {}),
          call: (method) => ({
            lend: method(z.object({ to: z.string() }), (req) => called.push([req.token, "lend"])),
            burn: method(z.unknown(), (req) => called.push([req.token, "burn"])),
          }),
        }),
      )
      const code = async (method: string, token: unknown, params: unknown = { to: "Bob" }): Promise<unknown> =>
        (await kit.call("library.book.1", method, params, { token })).answer.error?.code
      expect(await code("lend", null)).to.equal("system.accessDenied")
      expect(await code("lend", null, { to: 1 })).to.equal("system.accessDenied")
      expect(await code("burn", "Ann")).to.equal("system.accessDenied")
      expect(await code("lend", "Ann", { to: 1 })).to.equal("system.invalidParams")
      expect(called).to.deep.equal([])
      expect(await code("lend", "Ann")).to.equal(undefined)
      expect(await code("burn", "Eve")).to.equal(undefined)
      expect(called).to.deep.equal([
        ["Ann", "lend"],
        ["Eve", "burn"],
      ])
    })

    it("answers with a handler's own error", async () => {
      const kit = await started(lend)
      expect((await kit.call("library.book.42", "fail")).answer.error).to.deep.equal({
        code: "library.bookOnLoan",
        message: "On loan",
      })
    })

    it("answers with meta for HTTP clients", async () => {
      const kit = await started(
        model("library.book.$id", {
          call: {
            move: {
              handle: (req) => {
                if (req.isHttp) req.meta({ status: 303, header: { Location: ["/api/library/book/1"] } })
              },
            },
          },
        }),
      )
      const meta = { status: 303, header: { Location: ["/api/library/book/1"] } }
      expect((await kit.call("library.book.1", "move", undefined, { isHttp: true })).answer).to.deep.equal({
        result: null,
        meta,
      })
      expect((await kit.call("library.book.1", "move")).answer).to.deep.equal({ result: null })
    })
  })

  describe("auth", () => {
    it("sets the connection's token before it answers", async () => {
      const kit = await started(
        model("library.gate", {
          auth: {
            login: authMethod(z.object({ name: z.string() }), (req, { name }) => {
              req.setToken({ name, agent: req.header["User-Agent"]?.[0] }, `tid-${name}`)
            }),
          },
        }),
      )
      const { answer, sent } = await kit.auth(
        "library.gate",
        "login",
        { name: "Ann" },
        { cid: "c1", header: { "User-Agent": ["x"] } },
      )
      const payload = { token: { name: "Ann", agent: "x" }, tid: "tid-Ann" }
      expect(sent).to.deep.equal([{ subject: "conn.c1.token", payload }])
      expect(answer).to.deep.equal({ result: null })
    })

    it("is apart from calls", async () => {
      const kit = await started(
        model("library.gate", { auth: { login: { handle: () => 1 } }, call: { open: { handle: () => 2 } } }),
      )
      expect((await kit.call("library.gate", "login")).answer.error?.code).to.equal("system.methodNotFound")
      expect((await kit.auth("library.gate", "open")).answer.error?.code).to.equal("system.methodNotFound")
      expect((await kit.auth("library.gate", "login")).answer.result).to.equal(1)
    })
  })

  describe("events", () => {
    const book = model("library.book.$id", { get: () => ({ title: "T", tags: dataValue(["a"]) }) })
    const shelf = collection("library.shelf.$id", { get: () => [reference("library.book.1")] })

    it("sends each kind in the format of RES", async () => {
      const kit = await started(book, shelf)
      await kit.service.with(book, { id: "1" }, (events) => {
        events.change({ title: "New", tags: deleteAction })
        events.change({})
        events.event("opened", { page: 7 })
        events.event("shut")
        events.create()
        events.delete()
        events.reaccess()
        events.reset()
      })
      await kit.service.with(shelf, { id: "2" }, (events) => {
        events.remove(0)
        events.add(reference("library.book.2"), 0)
      })
      expect(await kit.rest()).to.deep.equal([
        { subject: "event.library.book.1.change", payload: { values: { title: "New", tags: { action: "delete" } } } },
        { subject: "event.library.book.1.opened", payload: { page: 7 } },
        { subject: "event.library.book.1.shut", payload: undefined },
        { subject: "event.library.book.1.create", payload: undefined },
        { subject: "event.library.book.1.delete", payload: undefined },
        { subject: "event.library.book.1.reaccess", payload: undefined },
        { subject: "system.reset", payload: { resources: ["library.book.1"] } },
        { subject: "event.library.shelf.2.remove", payload: { idx: 0 } },
        { subject: "event.library.shelf.2.add", payload: { value: { rid: "library.book.2" }, idx: 0 } },
      ])
    })

    it("refuses reserved and invalid event names, invalid indices, and invalid resource names", async () => {
      const kit = await started(book, shelf)
      await kit.service.with(book, { id: "1" }, (events) => {
        for (const name of ["change", "patch", "unsubscribe", "", "a.b", "a b", ">"]) {
          expect(() => events.event(name)).to.throw(TypeError)
        }
      })
      await kit.service.with(shelf, { id: "1" }, (events) => {
        for (const index of [-1, 0.5, Number.NaN]) expect(() => events.remove(index)).to.throw(RangeError)
      })
      for (const id of ["", "a.b", "*", ">", "a b", "a?b"]) {
        expect(() => kit.service.with(book, { id }, () => {}), id).to.throw(TypeError)
      }
      expect(await kit.rest()).to.deep.equal([])
    })

    it("sends resets and token resets of any patterns", async () => {
      const kit = await started(book)
      kit.service.reset({ resources: ["library.book.*"], access: ["library.>"] })
      kit.service.tokenReset(["t1", "t2"], "auth.library.gate.renew")
      expect(await kit.rest()).to.deep.equal([
        { subject: "system.reset", payload: { resources: ["library.book.*"], access: ["library.>"] } },
        { subject: "system.tokenReset", payload: { tids: ["t1", "t2"], subject: "auth.library.gate.renew" } },
      ])
    })
  })

  describe("the queue of a resource", () => {
    it("never mixes the messages of two requests, although each awaits in the middle", async () => {
      const kit = await started(
        model("library.counter", {
          get: () => ({ n: 0 }),
          call: {
            count: method(z.object({ by: z.string() }), async (req, { by }) => {
              for (const n of [1, 2, 3]) {
                req.events.event("counted", `${by}${n}`)
                await sleep(1)
              }
            }),
          },
        }),
      )
      await Promise.all(["a", "b", "c"].map((by) => kit.call("library.counter", "count", { by })))
      // Taken by whichever answer came first, so watched anew here.
      const watched = ["d", "e"].map((by) => kit.call("library.counter", "count", { by }))
      const sent = (await Promise.all(watched)).flatMap((exchange) => exchange.sent.map(({ payload }) => payload))
      expect(sent).to.deep.equal(["d1", "d2", "d3", "e1", "e2", "e3"])
    })

    it("makes `with` wait for a request, and requests wait for `with`", async () => {
      let value = 0
      let reads = 0
      const counter = model("library.counter", {
        get: async () => {
          reads++
          const seen = value
          await sleep(5)
          return { seen }
        },
      })
      const kit = await started(counter)
      const first = kit.get("library.counter")
      await until("the first get to run", () => reads === 1)
      const changed = kit.service.with(counter, {}, async (events) => {
        await sleep(5)
        value = 1
        events.change({ seen: 1 })
      })
      const second = await kit.get("library.counter")
      await changed
      expect((await first).answer.result).to.deep.equal({ model: { seen: 0 } })
      expect(second.answer.result).to.deep.equal({ model: { seen: 1 } })
      expect(second.sent.map(({ subject }) => subject)).to.deep.equal(["event.library.counter.change"])
    })

    it("runs shared reads in parallel, free methods alongside everything, and a group as one", async () => {
      let inside = 0
      let most = 0
      const enter = (together: number) => async () => {
        most = Math.max(most, ++inside)
        if (together > 1) await until(`${together} handlers to run at once`, () => most === together)
        else await sleep(20)
        inside--
        return {}
      }
      const [alone, together] = [enter(1), enter(3)]
      const most3 = async (resource: AnyResource, request: (kit: ServiceKit, i: number) => Promise<unknown>) => {
        most = 0
        const kit = await started(resource)
        await Promise.all([0, 1, 2].map((i) => request(kit, i)))
        await kit.stop()
        return most
      }
      const shared = { get: together, mode: { get: "shared" } } as const
      expect(await most3(model("a.$id", { get: alone }), (kit) => kit.get("a.1"))).to.equal(1)
      expect(await most3(model("a.$id", { get: together }), (kit, i) => kit.get(`a.${i}`))).to.equal(3)
      expect(await most3(model("a.$id", shared), (kit) => kit.get("a.1"))).to.equal(3)
      expect(await most3(model("a.$id", { get: alone, group: () => "one" }), (kit, i) => kit.get(`a.${i}`))).to.equal(1)
      const free = method(z.unknown(), together, { mode: "free" })
      expect(await most3(model("a.$id", { call: { free } }), (kit) => kit.call("a.1", "free"))).to.equal(3)
    })

    it("answers everything it took before stop() resolves", async () => {
      let isReading = false
      const kit = await started(
        model("library.slow", {
          get: async () => {
            isReading = true
            await sleep(30)
            return { done: true }
          },
        }),
      )
      const reading = kit.get("library.slow")
      await until("the get to run", () => isReading)
      await kit.service.stop()
      expect((await reading).answer.result).to.deep.equal({ model: { done: true } })
    })
  })

  describe("slow answers", () => {
    it("sends a pre-response when the handler asks for it", async () => {
      const kit = await started(
        model("library.slow", {
          get: (req) => {
            req.extendTimeout(7000)
            return {}
          },
        }),
      )
      expect((await kit.get("library.slow")).extendedTo).to.equal(7000)
    })

    it("also sends it to the requests that wait behind the handler, and gives them that much time", async () => {
      let extend: () => void = () => {}
      const releases: (() => void)[] = []
      const kit = await started(
        model("library.slow", {
          timeoutMs: 500,
          get: async (req) => {
            extend = () => req.extendTimeout(60_000)
            await new Promise<void>((resolve) => releases.push(resolve))
            return {}
          },
        }),
      )
      const gets = [kit.get("library.slow"), kit.get("library.slow")]
      await until("one to run and one to wait", () => releases.length === 1 && kit.service.load.requests === 2)
      extend()
      await sleep(700)
      releases[0]?.()
      await until("the second to run", () => releases.length === 2)
      releases[1]?.()
      for (const get of gets) {
        const { answer, extendedTo } = await get
        expect([answer.result, extendedTo]).to.deep.equal([{ model: {} }, 60_000])
      }
    })

    it("sends one automatically after a second for a resource with timeoutMs, but not before a quick answer", async () => {
      let pauseMs = 1100
      const kit = await started(
        model("library.slow", {
          timeoutMs: 9000,
          get: async () => {
            await sleep(pauseMs)
            return {}
          },
        }),
      )
      expect((await kit.get("library.slow")).extendedTo).to.equal(9000)
      pauseMs = 0
      expect((await kit.get("library.slow")).extendedTo).to.equal(undefined)
    })
  })
})

function pathsOf(error: ErrorObject | undefined): unknown[] {
  return (error?.data as { errors: { path: unknown }[] } | undefined)?.errors.map(({ path }) => path) ?? []
}

describe("Services of one queue group", () => {
  it("share the requests, each answered once", async () => {
    const broker = new MemoryBroker()
    const counts = [0, 0]
    const services = counts.map((_, i) => {
      const get = () => {
        counts[i] = (counts[i] ?? 0) + 1
        return { i }
      }
      return new Service(broker.connect(), { queueGroup: "library" }).add(model("library.book.$id", { get }))
    })
    for (const service of services) await service.start()
    const conn = broker.connect()
    let answers = 0
    conn.subscribe("answers", () => answers++)
    for (let i = 0; i < 20; i++) conn.publish(`get.library.book.${i}`, "", "answers")
    await until("20 answers", () => answers >= 20)
    await conn.flush()
    expect([answers, ...counts]).to.deep.equal([20, 10, 10])
    for (const service of services) await service.stop()
  })
})

describe("ServiceOptions.replyTo", () => {
  /** Where answers came, of those who asked for them to go to `targets`. */
  const answered = async (targets: readonly string[], options: ServiceOptions = {}): Promise<string[]> => {
    const broker = new MemoryBroker()
    const kit = await ServiceKit.start([model("library.book", { get: () => ({}) })], {
      connect: () => broker.connect(),
      ...options,
    })
    const conn = broker.connect()
    const heard: string[] = []
    for (const target of targets) conn.subscribe(target, (msg) => heard.push(msg.subject))
    for (const target of targets) {
      // An answer of the resource, and one to what is no request.
      conn.publish("get.library.book", "{}", target)
      conn.publish("get.library.book", "no JSON", target)
    }
    await kit.get("library.book")
    await kit.stop()
    return heard
  }

  it("by default sends no answer where it would be an event, a request or the server's", async () => {
    const targets = [
      "event.library.book.x",
      "system.reset",
      "conn.c.token",
      "call.library.book.x",
      "$JS.API.x",
      "$KV.a.b",
    ]
    expect(await answered(targets)).to.deep.equal([])
    expect(await answered(["_INBOX.a", "mine.b"])).to.have.members(["_INBOX.a", "_INBOX.a", "mine.b", "mine.b"])
  })

  it("sends answers to what it says, and nowhere else", async () => {
    const replyTo = (subject: string): boolean => subject.startsWith("_INBOX.")
    expect(await answered(["_INBOX.a", "mine.b"], { replyTo })).to.deep.equal(["_INBOX.a", "_INBOX.a"])
  })
})

describe("ServiceOptions.logger", () => {
  const traceOf = async (options: { readonly tracePayloads?: boolean } = {}): Promise<string[]> => {
    const traced: string[] = []
    const logger = {
      ...silentLogger,
      trace: (details: object, message: string) => traced.push(message + JSON.stringify(details)),
    }
    const gate = model("library.gate", {
      call: { knock: { handle: () => null } },
      auth: { login: { handle: (req) => req.setToken({ name: "Ann", key: "secret" }) } },
    })
    const kit = await ServiceKit.start([gate], { logger, ...options })
    const secrets = { token: "secret", header: { Authorization: ["secret"] } }
    await kit.auth("library.gate", "login", { password: "secret" }, secrets)
    await kit.call("library.gate", "knock", { a: 1 }, secrets)
    await kit.stop()
    return traced
  }

  it("gets all traffic as trace, without tokens and headers", async () => {
    const traced = await traceOf()
    expect(traced).to.have.length(4)
    expect(traced[0]).to.include("==>").and.include("auth.library.gate.login")
    expect(traced[1]).to.include("<==").and.include("null")
    expect(traced[2]).to.include("call.library.gate.knock").and.include('"a":1')
    expect(traced.join()).not.to.include("secret")
  })

  it("gets only subjects with tracePayloads false", async () => {
    expect(await traceOf({ tracePayloads: false })).to.deep.equal([
      '==>{"subject":"auth.library.gate.login"}',
      '<=={"subject":"auth.library.gate.login"}',
      '==>{"subject":"call.library.gate.knock"}',
      '<=={"subject":"call.library.gate.knock"}',
    ])
  })
})

describe("Service, after an outage", () => {
  it("sends system.reset at every reconnect", async () => {
    const broker = new MemoryBroker()
    const kit = await ServiceKit.start([model("library.book.$id", { get: () => ({ a: 1 }) })], {
      connect: () => broker.connect(),
    })
    await kit.rest()
    for (let i = 0; i < 2; i++) {
      broker.disconnect()
      broker.reconnect()
      const payload = { resources: ["library", "library.>"] }
      expect(await kit.next()).to.deep.equal([{ subject: "system.reset", payload }])
    }
    expect((await kit.get("library.book.1")).answer.result).to.deep.equal({ model: { a: 1 } })
    await kit.stop()
  })
})
