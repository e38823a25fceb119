import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import { natsConn } from "res-service"
import type { Doors, RunningEdge } from "../../edge/edge.ts"
import type { StreamOptions } from "../../edge/stream/shop-streams.ts"
import { occurrences } from "../../observe/occurrences.ts"
import { STREAM } from "../../service/log/stream.ts"
import { EventStream, PersistentStream } from "../helpers/event-stream.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { answer, post } from "../helpers/http.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

describe("GET /stream/{shop_id}", () => {
  const product = useProduct({ stream: { heartbeatMs: 50 }, doors: { origins: ["https://shop.example"] } })
  const opened = closeAfterEach<{ close(): void }>((stream) => stream.close())

  async function read(shopId: string, lastEventId = "", query = "", edgeUrl = product.edgeUrl): Promise<EventStream> {
    return opened(await EventStream.open(`${edgeUrl}/stream/${shopId}${query}`, lastEventId))
  }

  /** Publishes so many events; resolves to their sequences. */
  async function publish(shopId: string, count: number): Promise<number[]> {
    const { status, body } = await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(count, shopId))
    expect(status).to.equal(200)
    return body.map(({ seq }: { seq: number }) => seq)
  }

  it("streams what comes from now on, as events named action whose id is the seq", async () => {
    const shopId = randomUUID()
    await publish(shopId, 3)
    const stream = await read(shopId.toUpperCase())
    expect(stream.response.statusCode).to.equal(200)
    expect(stream.response.headers).to.include({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    })
    await until("a position to go on from", () => stream.lastEventId !== "")
    expect(stream.retryMs).to.be.within(1000, 3000)

    const event = publishEvent({ shop_id: shopId, product_name: "Äpfel\r\n\u2028data: x" })
    const { headers } = await post(`${product.edgeUrl}/publish/${shopId}`, event)
    await publish(randomUUID(), 1)
    await stream.count(1)
    const [streamed] = stream.events
    const seq = Number(headers.get("x-event-seq"))
    expect(streamed).to.include({ id: `${seq}`, event: "action" })
    expect(streamed?.data).to.deep.equal({ ...event, seq, received_at: streamed?.data.received_at })
    await publish(shopId, 2)
    await stream.count(3)
  })

  it("goes on behind Last-Event-ID, or ?last_event_id, without a gap or a repetition, however long ago", async () => {
    const shopId = randomUUID()
    const seqs = await publish(shopId, 1000)
    await publish(randomUUID(), 10)
    seqs.push(...(await publish(shopId, 300)))
    for (const known of [0, 700, 1250, 1299]) {
      const stream = await read(shopId, `${seqs[known]}`)
      await stream.count(seqs.length - known - 1)
      const [next = 0] = await publish(shopId, 1)
      seqs.push(next)
      await stream.count(seqs.length - known - 1)
      expect(stream.seqs).to.deep.equal(seqs.slice(known + 1))
    }
    const all = await read(shopId, "", "?last_event_id=0")
    await all.count(seqs.length)
    expect(all.seqs).to.deep.equal(seqs)
    const header = await read(shopId, `${seqs.at(-2)}`, "?last_event_id=0")
    await header.count(1)
    expect(header.seqs, "the header counts").to.deep.equal(seqs.slice(-1))
  })

  it("can be resumed before there was any event", async () => {
    const shopId = randomUUID()
    const first = await read(shopId)
    await until("a position to go on from", () => first.lastEventId !== "")
    first.close()
    const seqs = await publish(shopId, 150)
    const second = await read(shopId, first.lastEventId)
    await second.count(150)
    expect(second.seqs).to.deep.equal(seqs)
  })

  it("gives the newest N first with ?replay=N", async () => {
    const shopId = randomUUID()
    const seqs = await publish(shopId, 5)
    const stream = await read(shopId, "", "?replay=3")
    await stream.count(3)
    expect(stream.seqs).to.deep.equal(seqs.slice(2))
    const more = await read(shopId, "", "?replay=100")
    await more.count(5)
    const none = await read(randomUUID(), "", "?replay=3")
    await until("a position to go on from", () => none.lastEventId !== "")
    expect(none.events).to.deep.equal([])
  })

  it("tells many readers of a shop the same, while they come and go and much is published", async () => {
    const shopId = randomUUID()
    const seqs = await publish(shopId, 10)
    const readers: EventStream[] = []
    let publishing = Promise.resolve()
    for (let i = 0; i < 20; i++) {
      // More at once than a feed shows.
      if (i % 3 === 0)
        publishing = publishing.then(async () => {
          seqs.push(...(await publish(shopId, 250)))
        })
      const stream = await read(shopId, i % 2 === 0 ? `${seqs[0]}` : "")
      if (i % 5 === 4) stream.close()
      else readers.push(stream)
    }
    await publishing
    for (const stream of readers) {
      await until("the last event", () => stream.seqs.at(-1) === seqs.at(-1))
      expect(stream.seqs).to.deep.equal(seqs.slice(seqs.length - stream.seqs.length))
    }
    expect(readers.filter((stream) => stream.seqs.length === seqs.length - 1)).to.have.length(8)
  })

  it("sends comments while nothing happens", async () => {
    const stream = await read(randomUUID())
    await until("three comments", () => stream.comments.length >= 3)
    expect(stream.events).to.deep.equal([])
  })

  it("refuses what is no shop, no id and no number", async () => {
    const shop = `${product.edgeUrl}/stream/${randomUUID()}`
    const problem = async (url: string, headers = {}) => (await answer(fetch(url, { headers }))).body
    expect(await problem(`${product.edgeUrl}/stream/x`)).to.deep.include({
      status: 422,
      errors: [{ parameter: "shop_id", detail: "expected a UUID version 4" }],
    })
    expect(await problem(shop, { "last-event-id": "abc" })).to.deep.include({
      status: 422,
      errors: [{ header: "Last-Event-ID", detail: "expected the id of an event" }],
    })
    for (const query of ["last_event_id=-1", "last_event_id=1&last_event_id=2", "replay=101", "replay=x"]) {
      expect(await problem(`${shop}?${query}`), query).to.include({ status: 422 })
    }
    const { status, headers } = await answer(fetch(shop, { method: "DELETE" }))
    expect([status, headers.get("allow")]).to.deep.equal([405, "GET, HEAD"])
    const head = await answer(fetch(shop, { method: "HEAD" }))
    expect([head.status, head.headers.get("content-type")]).to.deep.equal([200, "text/event-stream; charset=utf-8"])
  })

  it("begins now where a client names no event, since an EventSource that is refused never comes again", async () => {
    const noIds: [query: string, headers: Record<string, string>][] = [
      ["?last_event_id=", {}],
      ["?last_event_id=null", {}],
      ["?last_event_id=undefined&replay=", {}],
      ...["null", "undefined", "", "about:srcdoc", "about:blank"].map((id): [string, Record<string, string>] => [
        "",
        { "last-event-id": id },
      ]),
    ]
    for (const [query, headers] of noIds) {
      const shopId = randomUUID()
      await publish(shopId, 1)
      const stream = opened(await EventStream.open(`${product.edgeUrl}/stream/${shopId}${query}`, "", headers))
      expect(stream.response.statusCode, JSON.stringify([query, headers])).to.equal(200)
      const next = await publish(shopId, 1)
      await stream.count(1)
      expect(stream.seqs).to.deep.equal(next)
    }
  })

  it("may be read by pages of CORS_ORIGINS", async () => {
    const cors = async (origin: string) => {
      const stream = opened(await EventStream.open(`${product.edgeUrl}/stream/${randomUUID()}`, "", { origin }))
      return stream.response.headers["access-control-allow-origin"]
    }
    expect(await cors("https://shop.example")).to.equal("https://shop.example")
    expect(await cors("https://other.example")).to.equal(undefined)
  })

  describe("of another edge", () => {
    const edges: { edge: RunningEdge; close: () => Promise<void> }[] = []

    afterEach(async () => {
      for (const { close } of edges.splice(0)) await close()
    })

    async function startOther(stream: StreamOptions, doors: Doors = {}): Promise<string> {
      const nats = await connect({ servers: product.natsServer.url })
      const edge = await startTestEdge(natsConn(nats), { stream, doors })
      let stopping: Promise<void> | undefined
      const close = (): Promise<void> => {
        stopping ??= edge.stop().then(() => nats.close())
        return stopping
      }
      edges.push({ edge, close })
      return `http://127.0.0.1:${edge.port}`
    }

    it("cuts off a reader that does not take what waits for it, which then goes on where it was; nobody else notices", async () => {
      const url = await startOther({ maxQueueBytes: 64 * 1024, stallMs: 5000 })
      const shopId = randomUUID()
      const [slow, quick] = [await read(shopId, "", "", url), await read(shopId, "", "", url)]
      await until("both are there", () => slow.lastEventId !== "" && quick.lastEventId !== "")
      const cutOff: string[] = []
      occurrences.slowClient.on((door) => cutOff.push(door))
      slow.pause()
      const seqs: number[] = []
      const big = { shop_id: shopId, product_name: "x".repeat(7000) }
      for (let i = 0; i < 40; i++) {
        const events = Array.from({ length: 50 }, () => publishEvent(big))
        const { body } = await post(`${product.edgeUrl}/publish/${shopId}`, events)
        seqs.push(...body.map(({ seq }: { seq: number }) => seq))
      }
      await quick.count(seqs.length)
      expect(quick.seqs).to.deep.equal(seqs)
      await until("the edge to give the slow one up", () => cutOff.length > 0)
      slow.resume()
      await until("the slow one is cut off", () => slow.ended)
      expect(cutOff).to.deep.equal(["stream"])
      expect(slow.seqs.length).to.be.below(seqs.length)
      const again = await read(shopId, slow.lastEventId, "", url)
      await again.count(seqs.length - slow.seqs.length)
      expect([...slow.seqs, ...again.seqs]).to.deep.equal(seqs)
    })

    it("refuses more readers than it may have with 503 and Retry-After, until one has left", async () => {
      const url = await startOther({}, { streams: { max: 2, perUser: 2, perAddress: 2000 } })
      const [first] = [await read(randomUUID(), "", "", url), await read(randomUUID(), "", "", url)]
      const third = await answer(fetch(`${url}/stream/${randomUUID()}`))
      expect(third.status).to.equal(503)
      expect(third.headers.get("retry-after")).to.equal("1")
      first?.close()
      await until("a place", async () => (await read(randomUUID(), "", "", url)).response.statusCode === 200)
    })

    it("tells its readers when to come again before it stops", async () => {
      const url = await startOther({})
      const shopId = randomUUID()
      const stream = await read(shopId, "", "", url)
      await until("a position to go on from", () => stream.lastEventId !== "")
      stream.retryMs = undefined
      await edges.at(-1)?.close()
      await until("the end", () => stream.ended)
      expect(stream.retryMs).to.be.within(1000, 3000)
      expect(stream.response.complete).to.equal(true)
      const seqs = await publish(shopId, 3)
      const next = await read(shopId, stream.lastEventId)
      await next.count(3)
      expect(next.seqs).to.deep.equal(seqs)
    })
  })

  it("keeps streams open while the service is away, and lets new ones wait; then they show what was missed", async () => {
    const shopId = randomUUID()
    const seqs = await publish(shopId, 1)
    const early = await read(shopId, "", "?replay=1")
    await early.count(1)
    await product.stopService()
    let isIn = false
    const waiting = read(shopId, `${seqs[0]}`).then((stream) => {
      isIn = true
      return stream
    })
    // More than a feed shows, so that the way back into it is by reading.
    for (let i = 0; i < 250; i++) {
      const ack = await product.nats.request(
        `updates.store.${shopId}`,
        JSON.stringify(publishEvent({ shop_id: shopId })),
        { timeout: PATIENCE_MS },
      )
      seqs.push(ack.json<{ seq: number }>().seq)
    }
    expect(isIn).to.equal(false)
    await product.restartService()
    const late = await waiting
    await early.count(251)
    await late.count(250)
    seqs.push(...(await publish(shopId, 1)))
    await late.count(251)
    expect(early.seqs).to.deep.equal(seqs)
    expect(late.seqs).to.deep.equal(seqs.slice(1))
  })

  it("is without a gap or a repetition while service, edge and nats-server are restarted and much is published", async () => {
    const shopId = randomUUID()
    const streams = [
      new PersistentStream(`${product.edgeUrl}/stream/${shopId}`, "0"),
      new PersistentStream(`${product.edgeUrl}/stream/${shopId}?last_event_id=0`),
    ]
    for (const stream of streams) opened({ close: () => void stream.stop() })
    const stored: number[] = []
    let stopped = false
    const publishing = (async () => {
      for (let key = 0; !stopped; key++) {
        await until("a batch to be stored", async () => {
          const headers = { "idempotency-key": `${key}` }
          const events = publishEvents(70, shopId)
          const answered = await post(`${product.edgeUrl}/publish/${shopId}`, events, headers).catch(() => undefined)
          if (answered?.status !== 200) return false
          stored.push(...answered.body.map(({ seq }: { seq: number }) => seq))
          return true
        })
      }
    })()
    const moreStored = async (when: string): Promise<void> => {
      const before = stored.length
      await until(`two batches to be stored ${when}`, () => stored.length >= before + 140)
    }
    const { restartService, restartNats, restartEdge } = product
    for (const restart of [restartService, restartNats, restartEdge]) {
      await moreStored("before a restart")
      await restart()
    }
    await moreStored("after the last restart")
    stopped = true
    await publishing
    for (const stream of streams) {
      await until("the last event", () => stream.seqs.at(-1) === stored.at(-1))
      expect(stream.seqs).to.deep.equal(stored)
      await stream.stop()
    }
  })

  it("starts again with the log when that is another one, and says so", async () => {
    const shopId = randomUUID()
    await publish(shopId, 20)
    const live = await read(shopId)
    await until("a position to go on from", () => live.lastEventId !== "")
    const jsm = await jetstreamManager(product.nats)
    await jsm.streams.delete(STREAM)
    await product.restartNats()
    await until("the new log", async () => (await post(`${product.edgeUrl}/send`, publishEvent())).status === 200)
    const seqs = await publish(shopId, 2)
    await live.count(3)
    expect(live.events.map(({ event }) => event)).to.deep.equal(["restart", "action", "action"])
    expect(live.seqs).to.deep.equal(seqs)
    const resumed = await read(shopId, "1000000")
    await resumed.count(3)
    expect(resumed.events.map(({ event }) => event)).to.deep.equal(["restart", "action", "action"])
  })
})
