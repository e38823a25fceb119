import { execFile } from "node:child_process"
import { cp, mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { FileStore } from "@shopwire/client/node"
import {
  MemoryStore,
  OutboxFullError,
  ProblemError,
  Publisher,
  type PublisherOptions,
  type TokenProvider,
} from "@shopwire/client/publish"
import { expect } from "chai"
import fc from "fast-check"
import type { PublishEvent } from "../../../contract/publish-event.ts"
import { publishEvents } from "../../helpers/events.ts"
import { type Fault, FlakyEdge, problem } from "../../helpers/flaky-edge.ts"
import { skip } from "../../helpers/skip.ts"
import { SmallDisk } from "../../helpers/small-disk.ts"
import { until } from "../../helpers/until.ts"
import { closeAfterEach, useInEachTest } from "../../helpers/use.ts"

const SHOP = "123e4567-e89b-42d3-a456-426614174000"
const HOUR_MS = 60 * 60_000

/** Pauses that take no time, and how long they would have been. */
class Pauses {
  readonly ms: number[] = []

  async wait(ms: number): Promise<void> {
    this.ms.push(ms)
    await sleep(1)
  }

  end(): void {}

  get sum(): number {
    return this.ms.reduce((sum, each) => sum + each, 0)
  }
}

describe("Publisher", () => {
  const edge = useInEachTest(() => FlakyEdge.start())
  const started = closeAfterEach((publisher: Publisher) => publisher.stop())
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-publisher-"))
  })
  afterEach(() => rm(folder, { recursive: true }))

  function start(options: Partial<PublisherOptions> = {}): { publisher: Publisher; pauses: Pauses } {
    const pauses = new Pauses()
    const publisher = new Publisher({ edgeUrl: edge.url, shopId: SHOP, pause: pauses, ...options })
    return { publisher: started(publisher), pauses }
  }

  const events = (count: number): PublishEvent[] => publishEvents(count, SHOP)
  const ids = (all: readonly PublishEvent[]): number[] => all.map(({ action_id }) => action_id)

  it("resolves with the sequence of an event, and of each event of an array", async () => {
    const { publisher } = start({ edgeUrl: `${edge.url}/` })
    const [one, ...others] = events(4)
    if (one === undefined) throw new Error("no event")
    expect(await publisher.publish(one)).to.equal(1)
    expect(await publisher.publish(others)).to.deep.equal([2, 3, 4])
    expect(await publisher.publish([])).to.deep.equal([])
    expect(publisher.state.get()).to.deep.equal({ waiting: 0, problem: undefined, sharedSession: undefined })
  })

  it("sends what waits in arrays, in order", async () => {
    const { publisher } = start()
    edge.misbehave((_, number) => (number < 3 ? "cut" : undefined))
    const all = events(1000)
    for (const event of all) await publisher.add(event)
    await publisher.flush()
    expect(edge.actionIds).to.deep.equal(ids(all))
    expect(edge.requests.length).to.be.below(20)
  })

  it("stores each event once and in order, whatever happens to requests and to the program", async () => {
    const faults: Record<string, Fault | undefined> = {
      none: undefined,
      cut: "cut",
      lost: "lost",
      busy: { status: 429, headers: { "retry-after": "1" }, body: problem(429) },
      away: { status: 503, headers: { "retry-after": "1" }, body: problem(503) },
      proxy: { status: 502, body: "<h1>Bad gateway</h1>" },
    }
    const step = fc.oneof(fc.integer({ min: 1, max: 250 }), fc.constant("restart" as const))
    const names = fc.constantFrom(...Object.keys(faults))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.array(names, { maxLength: 20 }), async (steps, plan) => {
        const path = await mkdtemp(join(folder, "any-"))
        const own = await FlakyEdge.start()
        own.misbehave((_, number) => faults[plan[number] ?? "none"])
        const open = async (): Promise<Publisher> =>
          new Publisher({ edgeUrl: own.url, shopId: SHOP, store: await FileStore.open(path), pause: new Pauses() })
        let publisher = await open()
        let added = 0
        for (const each of steps) {
          if (each === "restart") {
            await publisher.stop()
            publisher = await open()
          } else {
            const more = publishEvents(each, SHOP).map((event) => ({ ...event, action_id: event.action_id + added }))
            added += each
            await publisher.add(more)
          }
        }
        await publisher.flush()
        await publisher.stop()
        await own.stop()
        expect(own.actionIds).to.deep.equal(Array.from({ length: added }, (_, i) => i + 1))
      }),
      { numRuns: 25 },
    )
  })

  for (const status of [429, 503]) {
    it(`waits out an hour of ${status}, as long as the answers ask for, and loses nothing`, async () => {
      const { publisher, pauses } = start()
      const waiting = events(5)
      edge.misbehave((_, number) => {
        if (pauses.sum > HOUR_MS) return undefined
        return number % 2 === 0
          ? { status, headers: { "retry-after": "90" }, body: problem(status) }
          : { status, body: problem(status) }
      })
      await publisher.add(waiting)
      await publisher.flush()
      expect(edge.actionIds).to.deep.equal(ids(waiting))
      expect(edge.requests.length).to.be.below(80)
      const asked = pauses.ms.filter((_, i) => i % 2 === 0)
      for (const ms of asked) expect(ms).to.be.within(90_000, 90_000 * 1.25)
      const own = pauses.ms.filter((_, i) => i % 2 === 1)
      expect(own.at(-1)).to.be.within(30_000, 60_000)
      expect(new Set(pauses.ms).size).to.equal(pauses.ms.length)
    })
  }

  it("does not ask again before it was asked to, though somebody wants to", async () => {
    const { publisher } = start({ pause: undefined as never })
    edge.misbehave((_, number) =>
      number === 0 ? { status: 503, headers: { "retry-after": "1" }, body: problem(503) } : undefined,
    )
    await publisher.add(events(1))
    await until("the refusal", () => publisher.state.get().problem !== undefined)
    publisher.retry()
    await publisher.flush()
    const [first, second] = edge.requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).to.be.above(1000)
  })

  it("compares a date in Retry-After with the answer's own, so that a wrong clock does no harm", async () => {
    const { publisher, pauses } = start()
    const headers = { date: "Tue, 01 Jan 2030 00:00:00 GMT", "retry-after": "Tue, 01 Jan 2030 00:02:00 GMT" }
    const past = { date: "Tue, 01 Jan 2030 00:00:00 GMT", "retry-after": "Mon, 31 Dec 2029 00:00:00 GMT" }
    const far = { date: "Tue, 01 Jan 2030 00:00:00 GMT", "retry-after": "Tue, 01 Jan 2080 00:00:00 GMT" }
    const wrong = { "retry-after": "soon" }
    const all = [headers, past, far, wrong]
    edge.misbehave((_, number) => {
      const given = all[number]
      return given && { status: 503, headers: given as Record<string, string>, body: problem(503) }
    })
    await publisher.add(events(1))
    await publisher.flush()
    const [dated = 0, before = 0, century = 0, unreadable = 0] = pauses.ms
    expect(dated).to.be.within(120_000, 150_000)
    expect(before).to.be.below(1000)
    expect(century).to.be.within(HOUR_MS, HOUR_MS * 1.25)
    expect(unreadable).to.be.below(4000)
  })

  it("asks for another token when one expires in the queue, and again less and less often while there is none", async () => {
    const asked: (string | undefined)[] = []
    let next = "old"
    const token: TokenProvider = async (refused) => {
      asked.push(refused)
      return next
    }
    const { publisher, pauses } = start({ token })
    edge.misbehave((request) =>
      request.token === "new" ? undefined : { status: 401, body: problem(401, "auth.invalidToken") },
    )
    await publisher.add(events(3))
    await until("some attempts", () => pauses.ms.length >= 4)
    next = "new"
    await publisher.flush()
    expect(asked.slice(0, 3)).to.deep.equal([undefined, "old", "old"])
    expect(edge.requests.at(-1)?.token).to.equal("new")
    expect(edge.actionIds).to.deep.equal([1, 2, 3])
    expect(pauses.ms[3]).to.be.above(pauses.ms[0] ?? 0)
  })

  it("asks for another token also when the edge's refusal is of rights, which stand in a token", async () => {
    const { publisher } = start({ token: (refused) => (refused === undefined ? "old" : "new") })
    edge.misbehave(({ token }) =>
      token === "new" ? undefined : { status: 403, body: problem(403, "system.accessDenied") },
    )
    await publisher.publish(events(1))
    expect(edge.requests.map(({ token }) => token)).to.deep.equal(["old", "new"])
  })

  it("loses nothing when the provider of tokens fails", async () => {
    let fails = 3
    const { publisher } = start({
      token: async () => {
        if (fails-- > 0) throw new Error("offline")
        return "a"
      },
    })
    const problems: (string | undefined)[] = []
    publisher.state.subscribe(() => problems.push(publisher.state.get().problem?.message))
    await publisher.add(events(2))
    await publisher.flush()
    expect(problems).to.include("offline")
    expect(edge.actionIds).to.deep.equal([1, 2])
  })

  it("sets an event aside that is refused, tells why in each field, and stores the others in order", async () => {
    const refused: [number, ProblemError][] = []
    const { publisher, pauses } = start({ onRefused: ({ action_id }, why) => refused.push([action_id, why]) })
    edge.misbehave(({ events: given }) => {
      const bad = given.findIndex(({ action_id }) => action_id === 7 || action_id === 60)
      const errors = [{ pointer: `#/${bad}/UPC`, detail: "expected a string" }]
      return bad < 0 ? undefined : { status: 422, body: problem(422, "system.invalidParams", errors) }
    })
    const all = events(100)
    const outcome = publisher.publish(all.slice(0, 10)).catch((error: unknown) => error)
    await publisher.add(all.slice(10))
    await publisher.flush()
    expect(edge.actionIds).to.deep.equal(ids(all).filter((id) => id !== 7 && id !== 60))
    expect(refused.map(([id]) => id)).to.deep.equal([7, 60])
    const error = (await outcome) as ProblemError
    expect(error).to.be.instanceOf(ProblemError)
    expect([error.status, error.code]).to.deep.equal([422, "system.invalidParams"])
    expect(error.errors).to.deep.equal([{ pointer: "#/0/UPC", detail: "expected a string" }])
    expect(pauses.ms).to.deep.equal([])
    // Nothing is missing between the sequences of what was stored.
    const seqs = [...new Set(edge.requests.map(({ seq }) => seq))]
    expect(seqs).to.deep.equal(seqs.map((_, i) => i + 1))
  })

  it("sends smaller arrays to a proxy that takes less, and keeps an event that it refuses for a while", async () => {
    const { publisher, pauses } = start()
    edge.misbehave(({ events: given }) => {
      if (given.length > 20) return { status: 413, body: "<h1>Request Entity Too Large</h1>" }
      return given[0]?.action_id === 1 && pauses.ms.length < 3 ? { status: 413, body: "<h1>no</h1>" } : undefined
    })
    await publisher.add(events(100))
    await publisher.flush()
    expect(edge.actionIds).to.deep.equal(ids(events(100)))
  })

  it("sets an event aside that a proxy refuses and that is too large for any edge, so that it holds up no others", async () => {
    const refused: number[] = []
    const { publisher } = start({ onRefused: ({ action_id }) => refused.push(action_id) })
    edge.misbehave(({ events: given }) =>
      given.some(({ product_name }) => product_name.length > 8000) ? { status: 413, body: "<h1>no</h1>" } : undefined,
    )
    await publisher.add(events(3).map((event, i) => (i === 1 ? { ...event, product_name: "x".repeat(9000) } : event)))
    await publisher.flush()
    expect(edge.actionIds).to.deep.equal([1, 3])
    expect(refused).to.deep.equal([2])
  })

  it("stores events though the edge refuses the name of their shopper, which it then leaves out", async () => {
    const refused: unknown[] = []
    const { publisher, pauses } = start({ onRefused: (event) => refused.push(event) })
    edge.misbehave(({ guest }) => {
      const errors = [{ header: "Shared-Session-Name", detail: "expected a name with a visible character" }]
      return guest === "%20" ? { status: 422, body: problem(422, undefined, errors) } : undefined
    })
    const names = [" ", " ", "Bob"]
    for (const [i, event] of events(3).entries())
      await publisher.publish({ ...event, shared_session: "party~1", shared_session_name: names[i] ?? "" })
    expect(edge.actionIds).to.deep.equal([1, 2, 3])
    expect(edge.requests.map(({ guest }) => guest)).to.deep.equal(["%20", undefined, undefined, "Bob"])
    expect([refused, pauses.ms]).to.deep.equal([[], []])
  })

  it("takes no other network's page for an answer, and follows it nowhere", async () => {
    const got: string[] = []
    const portal = createServer((req, res) => {
      got.push(String(req.method))
      res.end("<h1>Welcome</h1>")
    }).listen(0, "127.0.0.1")
    await until("the portal to listen", () => portal.listening)
    const { port } = portal.address() as { port: number }
    const location = `http://127.0.0.1:${port}/`
    const odd: Fault[] = [
      { status: 200, body: "<h1>Welcome</h1>" },
      { status: 200, body: [{ status: "ok" }] },
      { status: 200, body: [] },
      { status: 302, headers: { location }, body: "" },
      { status: 307, headers: { location }, body: "" },
      { status: 400, body: "<h1>no</h1>" },
      { status: 404, body: problem(404) },
      { status: 422, body: "<h1>no</h1>" },
      { status: 403, body: problem(403, "system.accessDenied") },
    ]
    edge.misbehave((_, number) => odd[number])
    const { publisher } = start()
    await publisher.add(events(2))
    await publisher.flush()
    portal.close()
    expect(edge.actionIds).to.deep.equal([1, 2])
    expect(got).to.deep.equal([])
    expect(edge.requests).to.have.length(odd.length + 1)
    expect(new Set(edge.requests.map(({ seq }) => seq))).to.deep.equal(new Set([1]))
  })

  it("stores everything of two devices that have the same producer ID, from a copied outbox", async () => {
    const { publisher: first } = start({ store: await FileStore.open(join(folder, "first")) })
    await first.publish(events(1))
    await first.stop()
    await cp(join(folder, "first"), join(folder, "second"), { recursive: true })
    const [one, other] = await Promise.all(
      ["first", "second"].map(async (name) => start({ store: await FileStore.open(join(folder, name)) }).publisher),
    )
    const [, second, third, fourth] = events(4)
    if (one === undefined || other === undefined || !second || !third || !fourth) throw new Error("not started")
    await one.publish(second)
    await other.publish(third)
    await one.publish(fourth)
    expect(edge.actionIds).to.deep.equal([1, 2, 3, 4])
    expect(new Set(edge.requests.map(({ producer }) => producer)).size).to.equal(2)
  })

  it("rejects what was not stored when it is stopped, and the next one sends it", async () => {
    edge.misbehave(() => "cut")
    const { publisher } = start({ store: await FileStore.open(folder), pause: undefined as never })
    const outcome = publisher.publish(events(1)).catch((error: unknown) => error)
    const flushed = publisher.flush().catch((error: unknown) => error)
    await until("an attempt", () => edge.requests.length > 0)
    await publisher.stop()
    expect(String(await outcome)).to.include("stopped")
    expect(String(await flushed)).to.include("stopped")
    edge.misbehave(() => undefined)
    const { publisher: next } = start({ store: await FileStore.open(folder) })
    await next.flush()
    expect(edge.actionIds).to.deep.equal([1])
  })

  it("keeps an event that is being added while it stops, rejects who waits for it, and takes none after that", async () => {
    const { publisher } = start({ store: await FileStore.open(folder) })
    const [first, second, third] = events(3)
    if (!first || !second || !third) throw new Error("no events")
    const published = publisher.publish(first).catch((error: unknown) => error)
    const added = publisher.add(second)
    await Promise.all([publisher.stop(), publisher.stop()])
    expect(String(await published)).to.include("stopped")
    await added
    for (const late of [publisher.add(third), publisher.publish(third)])
      expect(String(await late.catch((error: unknown) => error))).to.include("stopped")
    const { publisher: next } = start({ store: await FileStore.open(folder) })
    await next.flush()
    expect(edge.actionIds).to.deep.equal([1, 2])
  })

  it("stops while the provider of tokens does not answer", async () => {
    let asked = 0
    const { publisher } = start({ token: () => new Promise(() => asked++) })
    await publisher.add(events(1))
    await until("the provider to be asked", () => asked > 0)
    await publisher.stop()
    expect(edge.requests).to.deep.equal([])
  })

  it("asks less and less often also when the provider has a new token each time, and all are refused", async () => {
    let tokens = 0
    const { publisher, pauses } = start({ token: () => `${tokens++}` })
    edge.misbehave((_, number) => (number < 8 ? { status: 401, body: problem(401, "auth.invalidToken") } : undefined))
    await publisher.add(events(1))
    await publisher.flush()
    expect(pauses.ms).to.have.length(7)
    expect(pauses.ms[6]).to.be.above(pauses.ms[0] ?? 0)
  })

  it("leaves out the rest of its own pause when somebody wants to, but not what the edge has asked for", async () => {
    const { publisher } = start({ pause: undefined as never })
    // After 12 failures, its own pause is at least 30 s.
    edge.misbehave((_, number) =>
      number < 12
        ? { status: 503, headers: number === 11 ? { "retry-after": "1" } : {}, body: problem(503) }
        : undefined,
    )
    await publisher.add(events(1))
    await until("the attempt after the last failure", () => {
      publisher.retry()
      return edge.requests.length > 12
    })
    const [before, after] = edge.requests.slice(-2)
    expect((after?.at ?? 0) - (before?.at ?? 0)).to.be.above(1000)
    await publisher.flush()
  })

  it("tells of a refused event before it leaves the store, so that a crash in between loses nothing", async () => {
    const store = new MemoryStore()
    const waiting: Promise<number>[] = []
    const { publisher } = start({ store, onRefused: () => waiting.push(store.count()) })
    edge.misbehave(() => ({ status: 422, body: problem(422, "system.invalidParams") }))
    await publisher.add(events(1))
    await publisher.flush()
    expect(await Promise.all(waiting)).to.deep.equal([1])
  })

  it("keeps a refused event until the app has written it down, or the publisher is stopped", async () => {
    const store = new MemoryStore()
    let written = (): void => {}
    const told: number[] = []
    const onRefused = ({ action_id }: { action_id: number }): Promise<void> => {
      told.push(action_id)
      return new Promise((resolve) => {
        written = resolve
      })
    }
    const { publisher } = start({ store, onRefused })
    edge.misbehave(() => ({ status: 422, body: problem(422, "system.invalidParams") }))
    await publisher.add(events(2))
    await until("the first refusal", () => told.length === 1)
    expect(await store.count()).to.equal(2)
    written()
    await until("the second refusal", () => told.length === 2)
    expect(await store.count()).to.equal(1)
    await publisher.stop()
  })

  it("reports a refused event on the console if nobody else is told", async () => {
    const { warn } = console
    const reports: unknown[][] = []
    console.warn = (...args) => reports.push(args)
    try {
      const { publisher } = start()
      edge.misbehave(() => ({ status: 422, body: problem(422, "system.invalidParams") }))
      await publisher.publish(events(1)).catch(() => {})
      await publisher.add(events(1))
      await publisher.flush()
      expect(reports).to.deep.equal([["shopwire: an event was refused:", "for a test", []]])
    } finally {
      console.warn = warn
    }
  })

  it("refuses an event of another shop at once, and adds none of the array", async () => {
    const { publisher } = start({ shopId: SHOP.toUpperCase() })
    const [first, second] = events(2)
    if (!first || !second) throw new Error("no events")
    const other = "223e4567-e89b-42d3-a456-426614174000"
    const refusal = await publisher.add([first, { ...second, shop_id: other }]).catch((error: unknown) => error)
    expect(String(refusal)).to.include(`of shop ${other}`)
    await publisher.add({ ...first, shop_id: SHOP.replaceAll("-", "") })
    await publisher.flush()
    expect(edge.actionIds).to.deep.equal([1])
  })

  it("goes on when a listener throws, and its error is an uncaught one", async () => {
    const uncaught: string[] = []
    process.setUncaughtExceptionCaptureCallback(({ message }) => uncaught.push(message))
    try {
      const { publisher } = start({
        onRefused: () => {
          throw new Error("onRefused failed")
        },
      })
      publisher.state.subscribe(() => {
        throw new Error("listener failed")
      })
      edge.misbehave(({ events: given }, number) =>
        number === 0
          ? { status: 503, body: problem(503) }
          : given.some(({ action_id }) => action_id === 1)
            ? { status: 422, body: problem(422, "system.invalidParams") }
            : undefined,
      )
      await publisher.add(events(2))
      await until("the other event to be stored", () => edge.stored.length > 0)
      await publisher.stop()
      expect(edge.actionIds).to.deep.equal([2])
      expect(new Set(uncaught)).to.deep.equal(new Set(["listener failed", "onRefused failed"]))
    } finally {
      process.setUncaughtExceptionCaptureCallback(null)
    }
  })

  it("refuses more events in memory than it keeps", async () => {
    edge.misbehave(() => "cut")
    const { publisher } = start({ store: new MemoryStore() })
    await publisher.add(events(10_000))
    expect(await publisher.add(events(1)).catch((error: unknown) => error)).to.be.instanceOf(OutboxFullError)
    expect(publisher.state.get().waiting).to.equal(10_000)
  })

  it("has every event that it took when its process is killed, and stores each once", async () => {
    edge.misbehave((_, number) => (number % 3 === 0 ? "lost" : undefined))
    const taken: number[] = []
    for (const from of [0, 1_000_000, 2_000_000]) taken.push(...(await killedWhileAdding(edge.url, folder, from)))
    expect(taken).to.have.length.above(30)
    const { publisher } = start({ store: await FileStore.open(folder) })
    await publisher.flush()
    const got = edge.actionIds
    expect(got).to.include.members(taken)
    expect(new Set(got).size).to.equal(got.length)
    expect(got).to.deep.equal(got.toSorted((one, other) => one - other))
  })

  describe("on a full disk", () => {
    let disk: SmallDisk

    before(async function () {
      const why = await SmallDisk.whyNot()
      if (why !== undefined) skip(this, why)
      disk = await SmallDisk.mount(1)
    })
    after(() => disk?.unmount())

    it("says so, sends what it has, and takes events again", async () => {
      const store = await FileStore.open(join(disk.dir, "outbox"))
      edge.misbehave(() => ({ status: 503, body: problem(503) }))
      const { publisher } = start({ store })
      const all = events(400)
      await publisher.add(all.slice(0, 300))
      disk.fill()
      let refusal: unknown
      for (let i = 0; refusal === undefined && i < 100; i++)
        refusal = await publisher.add(all.slice(300, 399)).catch((error: unknown) => error)
      expect(refusal).to.be.instanceOf(OutboxFullError)
      const kept = await store.count()
      // It can begin again, and finish requests, without any room.
      await publisher.stop()
      edge.misbehave(() => undefined)
      const { publisher: next } = start({ store: await FileStore.open(join(disk.dir, "outbox")) })
      await next.flush()
      expect(edge.stored).to.have.length(kept)
      await next.publish(all.slice(399))
      expect(edge.actionIds.at(-1)).to.equal(400)
    })
  })
})

/** Adds events, numbered from `from` on, until it is killed. Resolves with those that were taken. */
function killedWhileAdding(edgeUrl: string, folder: string, from: number): Promise<number[]> {
  const program = `
    const { FileStore } = await import("@shopwire/client/node")
    const { Publisher } = await import("@shopwire/client/publish")
    const store = await FileStore.open(process.argv[2])
    const publisher = new Publisher({ edgeUrl: process.argv[1], shopId: "${SHOP}", store })
    for (let n = Number(process.argv[3]); ; n++) {
      await publisher.add({ action_id: n, shop_id: "${SHOP}" })
      console.log(n)
    }`
  const args = ["--import=tsx", "--conditions=@res-service/source", "--input-type=module", "--eval", program]
  return new Promise((resolve) => {
    let output = ""
    const child = execFile(process.execPath, [...args, edgeUrl, folder, String(from)], () =>
      resolve([...output.matchAll(/^(\d+)\n/gm)].map(([, n]) => Number(n))),
    )
    child.stdout?.on("data", (text: string) => {
      output += text
      if (output.split("\n").length > 20) child.kill("SIGKILL")
    })
  })
}
