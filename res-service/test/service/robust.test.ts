import { execFile } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { expect } from "chai"
import fc from "fast-check"
import { authMethod, collection, type Logger, method, model, query, ResError, silentLogger } from "res-service"
import { type Answer, MemoryBroker, ServiceKit } from "res-service/testing"
import { z } from "zod"
import { PATIENCE_MS, until } from "../../../test/helpers/until.ts"
import { inMemoryAndOnNats } from "./service-suite.ts"

const SEED = process.env.FC_SEED === undefined ? Date.now() % 1_000_000 : Number(process.env.FC_SEED)

/** Keeps the messages of errors. */
function recorder(): { readonly errors: string[]; readonly logger: Logger } {
  const errors: string[] = []
  return { errors, logger: { ...silentLogger, error: (_details, message) => errors.push(message) } }
}

inMemoryAndOnNats("A handler that", (start) => {
  it("throws or rejects, be it with nothing, is answered system.internalError and leaves its resource usable", async () => {
    const thrown = [new Error("mine"), undefined, null, "text", { code: "library.odd" }, Symbol("odd")]
    const { logger, errors } = recorder()
    const kit = await start(
      [
        model("library.$id", {
          owns: ({ id }) => {
            if (id === "unowned") throw new Error("mine")
            return true
          },
          group: ({ id }) => {
            if (id === "ungrouped") throw new Error("mine")
            return id
          },
          access: () => Promise.reject(thrown[0]),
          get: async ({ query: at }) => {
            await sleep(0)
            throw thrown[Number(at)]
          },
          call: { ok: { handle: () => 1 } },
        }),
      ],
      { logger },
    )
    const codeOf = (answer: Answer) => answer.error?.code
    for (const i of thrown.keys()) {
      expect(codeOf((await kit.get("library.a", String(i))).answer), String(i)).to.equal("system.internalError")
    }
    expect(codeOf((await kit.access("library.a")).answer)).to.equal("system.internalError")
    expect(codeOf((await kit.get("library.unowned")).answer)).to.equal("system.internalError")
    expect(codeOf((await kit.get("library.ungrouped")).answer)).to.equal("system.internalError")
    expect((await kit.call("library.a", "ok")).answer.result).to.equal(1)
    expect(errors).to.have.length(thrown.length + 3)
  })

  it("returns something that is not JSON is answered with system.internalError", async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const odd: Record<string, unknown> = { circle, big: 1n, error: new ResError("library.odd", "Odd", 1n) }
    const kit = await start([
      model("library.odd", {
        call: {
          make: method(z.string(), (_req, name) => {
            if (odd[name] instanceof Error) throw odd[name]
            return odd[name]
          }),
        },
      }),
    ])
    for (const name of Object.keys(odd)) {
      const { answer } = await kit.call("library.odd", "make", name)
      expect(answer, name).to.deep.equal({ error: { code: "system.internalError", message: "Internal error" } })
    }
    expect((await kit.call("library.odd", "make", "none")).answer).to.deep.equal({ result: null })
  })

  it("never ends is answered with system.timeout after timeoutMs, and its resource goes on", async () => {
    const { logger, errors } = recorder()
    const kit = await start(
      [
        model("library.$id", {
          timeoutMs: 30,
          get: ({ parts }) => (parts.id === "hung" ? new Promise<{ a: number }>(() => {}) : { a: 1 }),
          call: { ok: { handle: () => 1 } },
        }),
      ],
      { logger },
    )
    const [first, second, other] = await Promise.all([
      kit.get("library.hung"),
      kit.get("library.hung"),
      kit.get("library.b"),
    ])
    expect([first, second].map(({ answer }) => answer.error?.code)).to.deep.equal(["system.timeout", "system.timeout"])
    expect(other.answer.result).to.deep.equal({ model: { a: 1 } })
    expect((await kit.call("library.hung", "ok")).answer.result).to.equal(1)
    await until("nothing in hand", () => kit.service.load.requests === 0)
    expect(kit.service.load).to.deep.equal({ requests: 0, queues: 0, queryEvents: 0 })
    expect(errors).to.deep.equal([])
  })

  it("ends after its time is answered once, and a method's resource is reset", async () => {
    const { logger, errors } = recorder()
    let ran = 0
    let end: () => void = () => {}
    const kit = await start(
      [
        model("library.late", {
          timeoutMs: 20,
          call: {
            change: {
              handle: async (req) => {
                ran++
                await new Promise<void>((resolve) => {
                  end = resolve
                })
                req.events.event("changed")
              },
            },
          },
        }),
      ],
      { logger },
    )
    expect((await kit.call("library.late", "change")).answer.error?.code).to.equal("system.timeout")
    end()
    expect(await kit.next(2)).to.deep.equal([
      { subject: "event.library.late.changed", payload: undefined },
      { subject: "system.reset", payload: { resources: ["library.late"] } },
    ])
    await kit.nothingMore()
    expect([ran, errors]).to.deep.equal([1, ["a handler ended after its time limit"]])
  })

  it("waits in vain for its turn is answered system.timeout and does not run", async () => {
    let ran = 0
    let end: () => void = () => {}
    const kit = await start([
      model("library.busy", {
        timeoutMs: 40,
        call: {
          wait: {
            handle: async (req) => {
              ran++
              req.extendTimeout(60_000)
              await new Promise<void>((resolve) => {
                end = resolve
              })
            },
          },
        },
      }),
    ])
    const first = kit.call("library.busy", "wait")
    await until("the first call to run", () => ran === 1)
    const second = await kit.call("library.busy", "wait")
    end()
    expect((await first).answer).to.deep.equal({ result: null })
    expect(second.answer.error?.code).to.equal("system.timeout")
    expect(ran).to.equal(1)
  })
})

inMemoryAndOnNats("Tokens", (start) => {
  const gate = model("library.gate", {
    auth: { login: authMethod(z.object({ name: z.string() }), (req, { name }) => req.setToken({ name }, name)) },
  })

  it("setToken() sends one to a connection outside a request, null to take it away", async () => {
    const kit = await start([gate])
    kit.service.setToken("cid1", { name: "Ann" }, "ann")
    kit.service.setToken("cid1", null)
    expect(await kit.rest()).to.deep.equal([
      { subject: "conn.cid1.token", payload: { token: { name: "Ann" }, tid: "ann" } },
      { subject: "conn.cid1.token", payload: { token: null } },
    ])
  })

  it("are not sent for an invalid connection ID, which is answered with system.invalidRequest", async () => {
    const kit = await start([gate])
    for (const cid of ["", "a.b", ">", "*", "a b"]) {
      expect(() => kit.service.setToken(cid, null)).to.throw(ResError, "is not a connection ID")
      const { answer, sent } = await kit.auth("library.gate", "login", { name: "Ann" }, { cid })
      expect(answer.error?.code).to.equal("system.invalidRequest")
      expect(sent).to.deep.equal([])
    }
  })
})

describe("A service under odd requests", () => {
  const resources = () => [
    model("library.book.$id", {
      access: ({ token }) => ({ get: true, call: token === null ? [] : "*" }),
      get: ({ parts }) => ({ id: parts.id }),
      call: { lend: method(z.object({ to: z.string() }), (req, { to }) => req.events.event("lent", to)) },
      auth: { login: authMethod(z.unknown(), (req) => req.setToken(req.header, "tid")) },
    }),
    collection("library.books", {
      access: () => ({ get: true }),
      get: () => [1],
      query: query(z.object({ from: z.coerce.number() }), (_req, { from }) => [from]),
    }),
  ]

  it(`[property, seed ${SEED}] answers each once, with what RES has for an answer, and sends nothing malformed`, async () => {
    const part = fc.oneof(
      fc.constantFrom("library", "book", "books", "1", "lend", "login", "*", ">", "a?b", "$id", "é"),
      fc.string(),
    )
    const subject = fc
      .tuple(fc.constantFrom("get", "access", "call", "auth"), fc.array(part, { minLength: 1, maxLength: 4 }))
      .map(([type, parts]) => `${type}.library.${parts.join(".").replaceAll(/\s/g, "_")}`)
    const text = fc.oneof(fc.string(), fc.constantFrom("from=1", "from=x", "a=%", "test"))
    const payload = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            cid: fc.oneof(text, fc.jsonValue()),
            token: fc.jsonValue(),
            query: fc.oneof(text, fc.jsonValue()),
            params: fc.oneof(fc.record({ to: fc.oneof(text, fc.jsonValue()) }), fc.jsonValue()),
            header: fc.oneof(fc.dictionary(fc.string(), fc.array(fc.string())), fc.jsonValue()),
            isHttp: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    )
    const { logger, errors } = recorder()
    const kit = await ServiceKit.start(resources(), { logger })
    await kit.rest()
    await fc.assert(
      fc.asyncProperty(subject, payload, async (to, text) => {
        const { answer, sent } = await kit.request(to, text)
        expect(Object.keys(answer).filter((key) => key !== "meta")).to.have.length(1)
        if (answer.error)
          expect(answer.error.code).to.match(/^system\.(notFound|invalid(Params|Query|Request)|methodNotFound)$/)
        for (const { subject: about } of sent) {
          expect(about).to.match(/^(event\.library\.book\.[!-)+-=@-~]+\.lent|conn\.[!-)+\-/-=@-~]+\.token)$/)
        }
        await kit.nothingMore()
      }),
      { numRuns: 400, seed: SEED },
    )
    expect(errors).to.deep.equal([])
    expect(kit.service.load).to.deep.equal({ requests: 0, queues: 0, queryEvents: 0 })
    await kit.stop()
  })

  it("is idle after 10,000 requests, and has answered none of them twice", async () => {
    const broker = new MemoryBroker()
    const kit = await ServiceKit.start(resources(), { connect: () => broker.connect() })
    const conn = broker.connect()
    const answers = new Map<string, number>()
    conn.subscribe("answer.>", ({ subject }) => answers.set(subject, (answers.get(subject) ?? 0) + 1))
    for (let i = 0; i < 10_000; i++) {
      const [type, method] =
        [
          ["get", ""],
          ["access", ""],
          ["call", ".lend"],
          ["call", ".none"],
          ["auth", ".login"],
        ][i % 5] ?? []
      conn.publish(`${type}.library.book.${i % 100}${method}`, '{"cid":"c","params":{"to":"Ann"}}', `answer.${i}`)
    }
    await until("10,000 answers", () => answers.size === 10_000)
    await conn.flush()
    expect(new Set(answers.values())).to.deep.equal(new Set([1]))
    expect(kit.service.load).to.deep.equal({ requests: 0, queues: 0, queryEvents: 0 })
    await kit.stop()
  })

  it("keeps no process alive once it is stopped: nothing is left of requests, query events and time limits", async () => {
    const program = new URL("./leftovers.ts", import.meta.url).pathname
    const args = ["--import=tsx", "--conditions=@res-service/source", program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE_MS })
    expect(stdout).to.equal("stopped\n")
  })
})
