import { expect } from "chai"
import fc from "fast-check"
import { Cache } from "../../src/client/cache.ts"
import { Requester } from "../../src/client/requester.ts"
import { handleMessage } from "../../src/gateway/client-requests.ts"
import { Connection } from "../../src/gateway/connection.ts"
import { silentLogger } from "../../src/logger.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "../client/library.ts"
import { ResClient } from "./res-client.ts"

const MODELS = ["library.m1", "library.m2", "library.m3"]
const COLLECTIONS = ["library.c1", "library.c2"]
const ALL = [...MODELS, ...COLLECTIONS]

type Command =
  | { readonly type: "subscribe" | "unsubscribe"; readonly client: number; readonly rid: string }
  | {
      readonly type: "change"
      readonly rid: string
      readonly key: string
      readonly value: unknown
      readonly silent: boolean
    }
  | {
      readonly type: "add"
      readonly rid: string
      readonly at: number
      readonly value: unknown
      readonly silent: boolean
    }
  | { readonly type: "remove"; readonly rid: string; readonly at: number; readonly silent: boolean }
  | { readonly type: "reset" }
  | { readonly type: "outage"; readonly rid: string; readonly value: number }
  | { readonly type: "turn" }
  | { readonly type: "settle" }

const rid = fc.constantFrom(...ALL)
const client = fc.nat(1)
const value = fc.oneof(
  fc.nat(3),
  { weight: 4, arbitrary: rid.map((target) => ({ rid: target })) },
  fc.nat(3).map((n) => ({ data: [n] })),
  fc.constant({ rid: "library.soft", soft: true }),
)
/** A silent change must be followed by a reset at some time. There is one at the end. */
const silent = fc.boolean()
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("subscribe", "unsubscribe"), client, rid }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("change"),
      rid: fc.constantFrom(...MODELS),
      key: fc.constantFrom("a", "b"),
      value: fc.oneof(value, fc.constant({ action: "delete" })),
      silent,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("add"),
      rid: fc.constantFrom(...COLLECTIONS),
      at: fc.nat(5),
      value,
      silent,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("remove"), rid: fc.constantFrom(...COLLECTIONS), at: fc.nat(5), silent }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reset") }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("outage"), rid: fc.constantFrom(...MODELS), value: fc.nat(9) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("turn") }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("settle") }) },
)

/** Commands that once left a client with other content. */
const regressions: [Command[]][] = [
  [
    // A reference that was never sent is removed.
    [
      { type: "subscribe", client: 0, rid: "library.m2" },
      { type: "change", rid: "library.m2", key: "a", value: { rid: "library.c1" }, silent: false },
      { type: "change", rid: "library.m2", key: "b", value: { rid: "library.m3" }, silent: true },
      { type: "settle" },
      { type: "add", rid: "library.c1", at: 0, value: { rid: "library.m3" }, silent: true },
      { type: "outage", rid: "library.m2", value: 0 },
      { type: "settle" },
      { type: "outage", rid: "library.m1", value: 0 },
      { type: "outage", rid: "library.m1", value: 0 },
      { type: "subscribe", client: 0, rid: "library.m1" },
      { type: "change", rid: "library.m1", key: "a", value: { action: "delete" }, silent: false },
      { type: "change", rid: "library.m3", key: "a", value: { rid: "library.m1" }, silent: false },
    ],
  ],
  [
    // A second reference between the same two resources does not count again.
    [
      { type: "change", rid: "library.m3", key: "a", value: { rid: "library.c1" }, silent: false },
      { type: "add", rid: "library.c1", at: 0, value: { rid: "library.m3" }, silent: false },
      { type: "subscribe", client: 0, rid: "library.m3" },
      { type: "settle" },
      { type: "add", rid: "library.c1", at: 0, value: { rid: "library.m3" }, silent: false },
      { type: "outage", rid: "library.m3", value: 0 },
      { type: "settle" },
      { type: "subscribe", client: 0, rid: "library.c1" },
      { type: "unsubscribe", client: 0, rid: "library.m3" },
      { type: "turn" },
      { type: "add", rid: "library.c1", at: 0, value: { rid: "library.m1" }, silent: false },
    ],
  ],
  [
    // A resource stays sent when one of two that lead there goes.
    [
      { type: "change", rid: "library.m2", key: "a", value: { rid: "library.m3" }, silent: false },
      { type: "change", rid: "library.m1", key: "a", value: { rid: "library.m2" }, silent: false },
      { type: "subscribe", client: 0, rid: "library.m1" },
      { type: "settle" },
      { type: "change", rid: "library.m1", key: "a", value: { rid: "library.m3" }, silent: false },
    ],
  ],
]

describe("gateway consistency", () => {
  it("leaves each client with the content that a fresh get returns, however loads, events, resets and outages interleave", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60, size: "max" }), async (commands) => {
        const run = new Run()
        for (const each of commands) await run.perform(each)
        await run.finish()
      }),
      { numRuns: 1000, examples: regressions },
    )
  })
})

class Run {
  readonly #broker = new MemoryBroker()
  readonly #conn = this.#broker.connect()
  readonly #library = new Library(this.#broker.connect())
  /** Nothing times out, however busy the machine is: requests are answered, or repeated after an outage. */
  readonly #requester = new Requester(this.#conn, 600_000)
  readonly #cache = new Cache(this.#conn, this.#requester, silentLogger)
  readonly #clients: ResClient[]

  constructor() {
    for (const name of MODELS) this.#library.set(name, { a: 0 })
    for (const name of COLLECTIONS) this.#library.set(name, [])
    const host = {
      conn: this.#conn,
      cache: this.#cache,
      requester: this.#requester,
      log: silentLogger,
      referenceThrottle: 0,
      maxSubscriptions: Infinity,
      connections: new Map<string, Connection>(),
      accessKeptMs: 60_000,
    }
    this.#clients = [0, 1].map(() => {
      const outgoing: string[] = []
      const connection = new Connection(host, "", (frame) => {
        if (outgoing.push(frame.text) === 1) setImmediate(deliver)
      })
      const deliver = (): void => {
        for (let text = outgoing.shift(); text !== undefined; text = outgoing.shift()) simulated.receive(text)
      }
      const simulated: ResClient = new ResClient((text) => {
        queueMicrotask(() => {
          connection.run(() => handleMessage(connection, text, () => {}))
        })
      })
      return simulated
    })
  }

  async perform(each: Command): Promise<void> {
    switch (each.type) {
      case "subscribe":
        this.#clients[each.client]?.subscribe(each.rid)
        break
      case "unsubscribe":
        this.#clients[each.client]?.unsubscribe(each.rid)
        break
      case "change":
        this.#change(each.rid, each.key, each.value, each.silent)
        break
      case "add":
        this.#library.add(each.rid, Math.min(each.at, this.#length(each.rid)), each.value, each.silent)
        break
      case "remove":
        if (each.at < this.#length(each.rid)) this.#library.remove(each.rid, each.at, each.silent)
        break
      case "reset":
        this.#library.reset(["library.>"])
        break
      case "outage":
        this.#broker.disconnect()
        this.#library.change(each.rid, { a: each.value })
        await settled(this.#conn).catch(() => {})
        this.#broker.reconnect()
        break
      case "turn":
        await new Promise((resolve) => setImmediate(resolve))
        break
      case "settle":
        await settled(this.#conn)
    }
  }

  async finish(): Promise<void> {
    await settled(this.#conn)
    this.#library.reset(["library.>"])
    for (let i = 0; i < 3; i++) await settled(this.#conn)
    for (const [i, each] of this.#clients.entries()) {
      expect(each.faults, `client ${i}`).to.deep.equal([])
      for (const name of each.direct) expect(each.view(name), `client ${i}, ${name}`).to.deep.equal(this.#fresh(name))
    }
    this.#cache.close()
    this.#requester.close()
  }

  #change(name: string, key: string, changed: unknown, quietly: boolean): void {
    const isDelete = typeof changed === "object" && changed !== null && "action" in changed
    this.#library.change(name, { [key]: changed }, quietly)
    const values = this.#library.resources.get(name)
    if (isDelete && values && !Array.isArray(values)) delete values[key]
  }

  #length(name: string): number {
    const values = this.#library.resources.get(name)
    return Array.isArray(values) ? values.length : 0
  }

  /** The resource as a client sees it after a fresh get. */
  #fresh(name: string): unknown {
    const fresh = new ResClient(() => {})
    const collections = Object.fromEntries(COLLECTIONS.map((each) => [each, this.#library.resources.get(each)]))
    const models = Object.fromEntries(MODELS.map((each) => [each, this.#library.resources.get(each)]))
    fresh.subscribe(name)
    fresh.receive(JSON.stringify({ id: 2, result: { models, collections } }))
    return fresh.view(name)
  }
}
