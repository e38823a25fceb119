import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { dataValue, Service } from "res-service"
import { MemoryBroker } from "res-service/testing"
import { serviceError } from "../../contract/errors.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { feed } from "../../contract/store.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { startTestEdge } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach, useInEachTest } from "../helpers/use.ts"

/** One log of a shop. */
interface ShopLog {
  readonly name: string
  /** Oldest first. */
  readonly events: readonly ShownEvent[]
}

describe("GET /stream/{shop_id}, when the log is another one than before", () => {
  const shopId = randomUUID()
  const opened = closeAfterEach<EventStream>((stream) => stream.close())

  /** Its sequences begin with 1. */
  const logOf = (name: string, count: number): ShopLog => ({
    name,
    events: Array.from({ length: count }, (_, i) => ({
      ...publishEvent({ shop_id: shopId, product_name: name }),
      seq: i + 1,
      received_at: "2026-01-01T00:00:00.000Z",
    })),
  })

  /** An edge, and a service whose reads know of another log before its feed is reset. */
  const kit = useInEachTest(async () => {
    const broker = new MemoryBroker()
    const old = logOf("old", 20)
    const logs = { read: old, shown: old }
    const service = new Service(broker.connect()).handle(feed, {
      access: () => ({ get: true }),
      get: () => logs.shown.events.toReversed().map(dataValue),
      query: () => [],
      call: {
        publish: () => ({ seq: 1 }),
        read: (_req, { after, limit }) => {
          const { events, name } = logs.read
          const from = after ?? events.length
          if (from > events.length) throw serviceError("store.unknownSequence")
          const part = events.slice(from, from + limit)
          return { events: part, after: from + part.length, end: from + part.length === events.length, log: name }
        },
      },
    })
    await service.start()
    const edge = await startTestEdge(broker.connect())
    return {
      logs,
      service,
      read: async (lastEventId: string): Promise<EventStream> =>
        opened(await EventStream.open(`http://127.0.0.1:${edge.port}/stream/${shopId}`, lastEventId)),
      /** Shows an event more of the log that is shown; reads have it, too, if they are of that log. */
      add: async (): Promise<void> => {
        const { name, events } = logs.shown
        const next = logOf(name, events.length + 1)
        await service.with(feed, { shop_id: shopId }, (sent) => {
          if (logs.read.name === name) logs.read = next
          logs.shown = next
          sent.add(dataValue(next.events.at(-1) as ShownEvent), 0)
        })
      },
      stop: async (): Promise<void> => {
        await edge.stop()
        await service.stop()
      },
    }
  })

  const textOf = ({ events }: EventStream): string[] =>
    events.map(({ event, data }) => (event === "action" ? `${data.product_name} ${data.seq}` : event))
  const texts = (name: string, from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => `${name} ${from + i}`)

  /** A reader that has the old log, so that the edge keeps the old log's events. */
  const early = async (): Promise<EventStream> => {
    const stream = await kit.read("0")
    await stream.count(20)
    return stream
  }

  it("gives a new reader nothing of the old one, though the feed still shows that", async () => {
    await early()
    kit.logs.read = logOf("new", 5)
    const late = await kit.read("0")
    await late.count(5)
    await kit.add()
    kit.logs.shown = logOf("new", 5)
    kit.logs.read = kit.logs.shown
    kit.service.reset(feed, { shop_id: shopId })
    await kit.add()
    await until("the live event", () => textOf(late).includes("new 6"))
    expect(textOf(late)).to.deep.equal(texts("new", 1, 6))
  })

  it("says restart to a reader of the old one, once, and sends the new one from its beginning", async () => {
    const stream = await early()
    kit.logs.read = logOf("new", 30)
    // It notices by the other one's read, and goes on when the feed has changed.
    const late = await kit.read("30")
    kit.logs.shown = kit.logs.read
    kit.service.reset(feed, { shop_id: shopId })
    await until("the end of the new log", () => textOf(stream).includes("new 30"))
    await kit.add()
    await until("the live event", () => [stream, late].every((each) => textOf(each).includes("new 31")))
    expect(textOf(stream)).to.deep.equal([...texts("old", 1, 20), "restart", ...texts("new", 1, 31)])
    expect(textOf(late)).to.deep.equal(["new 31"])
  })

  it("says restart to a reader whose position the new one has, too, when nothing else has noticed", async () => {
    const stream = await early()
    kit.logs.read = logOf("new", 300)
    kit.logs.shown = { ...kit.logs.read, events: kit.logs.read.events.slice(200) }
    kit.service.reset(feed, { shop_id: shopId })
    await until("the end of the new log", () => textOf(stream).includes("new 300"))
    expect(textOf(stream)).to.deep.equal([...texts("old", 1, 20), "restart", ...texts("new", 1, 300)])
  })

  it("goes on without a break when it is the same one after a reset", async () => {
    const stream = await early()
    kit.service.reset(feed, { shop_id: shopId })
    await kit.add()
    await until("the live event", () => textOf(stream).includes("old 21"))
    expect(textOf(stream)).to.deep.equal(texts("old", 1, 21))
  })
})
