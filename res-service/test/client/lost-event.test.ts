import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import { Client, type MirrorEvent } from "../../src/client/mod.ts"
import type { Value } from "../../src/mod.ts"
import { type Conn, collection, type Routing, Service, silentLogger } from "../../src/mod.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"

const NAME = "library.books"
const NAME_ONLY = { resources: [NAME] }

/** A service of one list to which titles are added in front, and a client whose link can lose events. */
const setUp = async ({ numbered = true } = {}) => {
  const broker = new MemoryBroker()
  const conn = broker.connect()
  const titles: string[] = []
  const books = collection(NAME, { get: (): readonly Value[] => [...titles] })
  const withoutHeaders: Conn = Object.assign(Object.create(conn), {
    publish: (subject: string, payload: string | Uint8Array, reply?: string) => conn.publish(subject, payload, reply),
    subscribe: conn.subscribe.bind(conn),
    flush: () => conn.flush(),
    onStatus: conn.onStatus.bind(conn),
  })
  const service = new Service(numbered ? conn : withoutHeaders)
  service.add(books)
  await service.start()
  const add = (title: string): Promise<void> =>
    service.with(books, {}, (events) => {
      titles.unshift(title)
      events.add(title, 0)
    })

  const link = broker.connect()
  let losing = false
  const lossy: Conn = Object.assign(Object.create(link), {
    publish: link.publish.bind(link),
    flush: () => link.flush(),
    newInbox: () => link.newInbox(),
    onStatus: link.onStatus.bind(link),
    subscribe: (subject: string, handler: Parameters<Conn["subscribe"]>[1], queue?: string) =>
      link.subscribe(subject, (msg) => !(losing && msg.subject.startsWith("event.")) && handler(msg), queue),
  })
  const client = new Client(lossy)
  const mirror = client.mirror(NAME)
  const events: MirrorEvent[] = []
  mirror.onEvent((event) => events.push(event))
  await mirror.ready
  const lose = async (task: () => Promise<void>): Promise<void> => {
    losing = true
    await task()
    await conn.flush()
    losing = false
  }
  return { add, lose, titles, mirror, events, conn, close: () => client.close() }
}

const shows = (mirror: { readonly value: unknown }, titles: readonly string[]) =>
  until("the list to be right", () => JSON.stringify(mirror.value) === JSON.stringify(titles))

/** A routing under which every process answers everything. */
const routing: Routing = { shardOf: () => undefined, route: () => {}, onRequest: () => {}, got: () => undefined }

describe("An event of a resource's next owner", () => {
  it("is not shown before what came in between", async () => {
    const broker = new MemoryBroker()
    const titles = ["Emma"]
    const open = async () => {
      const books = collection(NAME, { get: (): readonly Value[] => [...titles] })
      const service = new Service(broker.connect(), { routing })
      service.add(books)
      await service.start()
      return { service, books }
    }
    const first = await open()
    const client = new Client(broker.connect())
    const mirror = client.mirror(NAME)
    await mirror.ready
    const shown: string[] = []
    // The differences after a get come as several events, one right after the other.
    mirror.onEvent(() => queueMicrotask(() => shown.push(JSON.stringify(mirror.value))))
    await first.service.stop()

    titles.unshift("Dune")
    const second = await open()
    await second.service.with(second.books, {}, (events) => {
      titles.unshift("Ulysses")
      events.add("Ulysses", 0)
    })
    await shows(mirror, titles)
    expect(shown).not.to.include('["Ulysses","Emma"]')
    client.close()
  })
})

describe("An event after one that came while a get was under way", () => {
  it("is not shown before that one, if the get fails", async () => {
    const broker = new MemoryBroker()
    const titles = ["Emma"]
    let failNow: (() => void) | undefined
    let isFailing = false
    const books = collection(NAME, {
      mode: { get: "free" },
      get: async (): Promise<readonly Value[]> => {
        if (!isFailing) return [...titles]
        await new Promise<void>((resolve) => {
          failNow = resolve
        })
        throw new Error("not now")
      },
    })
    const service = new Service(broker.connect())
    service.add(books)
    await service.start()
    const add = (title: string): Promise<void> =>
      service.with(books, {}, (events) => {
        titles.unshift(title)
        events.add(title, 0)
      })
    let warnings = 0
    const logger = { ...silentLogger, warn: () => void warnings++ }
    const client = new Client(broker.connect(), { logger })
    const mirror = client.mirror(NAME)
    await mirror.ready
    await add("Dune")
    const shown: string[] = []
    mirror.onEvent(() => queueMicrotask(() => shown.push(JSON.stringify(mirror.value))))

    isFailing = true
    service.reset(NAME_ONLY)
    const fail = await until("the get", () => failNow)
    await add("Persuasion")
    isFailing = false
    fail()
    await until("the client to hear that it failed", () => warnings > 0)
    await add("Ulysses")
    await shows(mirror, titles)
    expect(shown).not.to.include('["Ulysses","Dune","Emma"]')
    client.close()
  })
})

describe("An event that a link loses", () => {
  it("is noticed at the next event of the resource: it is fetched again, and nothing is added twice", async () => {
    const { add, lose, titles, mirror, events, close } = await setUp()
    await add("Emma")
    await lose(() => add("Dune"))
    await add("Ulysses")
    await shows(mirror, titles)
    expect(titles).to.deep.equal(["Ulysses", "Dune", "Emma"])
    expect(events.flatMap((event) => (event.type === "add" ? [event.value] : []))).to.have.members(titles)
    close()
  })

  it("is noticed when it was the first after the get", async () => {
    const { add, lose, titles, mirror, close } = await setUp()
    await lose(() => add("Emma"))
    await add("Dune")
    await shows(mirror, titles)
    close()
  })

  it("costs one get, and the events after that are applied as usual", async () => {
    const { add, lose, titles, mirror, events, close } = await setUp()
    await lose(() => add("Emma"))
    for (let i = 0; i < 20; i++) await add(`Volume ${i}`)
    await shows(mirror, titles)
    events.length = 0
    await add("Dune")
    await shows(mirror, titles)
    expect(events.map(({ type }) => type)).to.deep.equal(["add"])
    close()
  })

  it("cannot be noticed given a service that does not number its events", async () => {
    const { add, lose, mirror, conn, close } = await setUp({ numbered: false })
    await lose(() => add("Emma"))
    await add("Dune")
    await conn.flush()
    expect(JSON.stringify(mirror.value)).to.equal('["Dune"]')
    close()
  })
})
