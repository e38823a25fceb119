import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { natsConn, ResError } from "res-service"
import { Client } from "res-service/client"
import type { HistoryPart } from "../../contract/history.ts"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { logId } from "../../service/log/log-id.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { caughtUp } from "../helpers/archive.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { type Product, startProduct, useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"
import { useArchivedProduct } from "../helpers/use-archive.ts"

const SESSIONS = [randomUUID(), randomUUID(), randomUUID()]
/** Of a shop whose oldest events only the archive has: more than the largest page. */
const EVENTS = 520
/** Longer than the requests of a test take, and shorter than a test. */
const FOLLOWERS_PAUSED_MS = 5000
const CATEGORIES = ["fruit", "bread & butter"]

/** Publishes so many events of a shop, of three baskets and two categories by turns; resolves to all of them as a reader sees them. */
async function publishMixed(product: Product, shopId: string, count: number): Promise<ShownEvent[]> {
  const events = Array.from({ length: count }, (_, i) =>
    publishEvent({
      shop_id: shopId,
      action_id: i,
      action: i % 7 === 0 ? "Checkout" : "ADD",
      product_name: `Pears no. ${i}`,
      basket_total: i,
      session_id: SESSIONS[i % 3] ?? "",
      category_id: CATEGORIES[i % 2] ?? "",
    }),
  )
  const seqs: number[] = []
  for (let i = 0; i < count; i += 1000) {
    // On a busy machine the first attempt may be answered too late.
    const headers = { "idempotency-key": randomUUID() }
    const { body } = await until("the events to be stored", async () => {
      const answer = await post(`${product.edgeUrl}/publish/${shopId}`, events.slice(i, i + 1000), headers)
      return answer.status === 200 ? answer : undefined
    })
    seqs.push(...body.map(({ seq }: { seq: number }) => seq))
  }
  return events.map((event: PublishEvent, i) => ({ ...event, seq: seqs[i] ?? 0, received_at: "" }))
}

async function read(product: Product, shopId: string, params: object): Promise<HistoryPart> {
  const { result, error } = await resRequest(product.nats, `call.store.${shopId}.feed.read`, { params })
  if (error) throw new Error(`${error.code}: ${error.message}`)
  return result
}

/** The sequences of an export at the edge. */
async function exported(product: Product, shopId: string, filter: Record<string, string>): Promise<number[]> {
  const response = await fetch(`${product.edgeUrl}/export/${shopId}?${new URLSearchParams(filter)}`)
  expect(response.status).to.equal(200)
  const lines = (await response.text()).split("\n").slice(0, -1)
  return lines.map((line) => (JSON.parse(line) as ShownEvent).seq)
}

/** All pages of a query, newest first. */
async function allOlder(
  product: Product,
  shopId: string,
  filter: Record<string, string>,
  limit = 70,
): Promise<ShownEvent[]> {
  const [newest] = await getFeed(product.nats, shopId)
  const found: ShownEvent[] = []
  for (let before = newest?.seq ?? 0; ; before = found.at(-1)?.seq ?? 0) {
    const query = new URLSearchParams({ before: `${before}`, limit: `${limit}`, ...filter })
    const page = await getFeed(product.nats, shopId, query.toString())
    if (page.length === 0) return found
    found.push(...page)
  }
}

/** All parts, oldest first. */
async function allFollowing(product: Product, shopId: string, filter: object, limit = 70): Promise<ShownEvent[]> {
  const found: ShownEvent[] = []
  for (let after = 0; ; ) {
    const part = await read(product, shopId, { after, limit, ...filter })
    expect(part.events.length).to.be.at.most(limit)
    found.push(...part.events)
    after = part.after
    if (part.end) return found
  }
}

/** Filters by times that JetStream cannot count, or whose year in UTC has not four digits; and whether they take everything. */
const FAR_TIMES: readonly (readonly [filter: Record<string, string>, all: boolean])[] = [
  [{ to: "9999-12-31T23:59:59Z" }, true],
  [{ to: "9999-12-31T23:59:59-05:00" }, true],
  [{ to: "2262-04-11T23:47:17Z" }, true],
  [{ from: "1677-09-21T00:12:43Z" }, true],
  [{ from: "1601-01-01T00:00:00Z" }, true],
  [{ from: "0000-01-01T00:00:00+05:00", to: "9999-12-31T23:59:59-23:59" }, true],
  [{ from: "9999-12-31T23:59:59-05:00" }, false],
  [{ from: "2500-01-01T00:00:00Z" }, false],
  [{ to: "1601-01-01T00:00:00Z" }, false],
  [{ to: "0000-01-01T00:00:00+05:00" }, false],
]

const seqsOf = (events: readonly { seq: number }[]): number[] => events.map(({ seq }) => seq)

describe("a shop's history", () => {
  describe("without an archive", () => {
    const product = useProduct()
    const gateway = useGateway(product)

    it("ends, for a reader that asks where, at the last acknowledged event, also while the service's followers are behind", async () => {
      const event = publishEvent()
      const { consumers, streams } = await jetstreamManager(product.nats)
      const followers: string[] = []
      for await (const { name } of consumers.list(STREAM)) followers.push(name)
      const resumeAt = new Date(Date.now() + FOLLOWERS_PAUSED_MS)
      for (const name of followers) await consumers.pause(STREAM, name, resumeAt)
      const { headers } = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
      const seq = Number(headers.get("x-event-seq"))
      const { log, ...part } = await read(product, event.shop_id, {})
      expect(part).to.deep.equal({ events: [], after: seq, end: true })
      expect(log).to.equal(logId((await streams.info(STREAM)).created).key)
      for (const name of followers) await consumers.resume(STREAM, name)
      expect(await exported(product, event.shop_id, {})).to.deep.equal([seq])
    })

    it("is narrowed by basket, category and time, backwards and forwards", async () => {
      const shopId = randomUUID()
      const early = await publishMixed(product, shopId, 120)
      await sleep(20)
      const from = new Date().toISOString()
      const late = await publishMixed(product, shopId, 120)
      await sleep(20)
      const to = new Date().toISOString()
      const last = await publishMixed(product, shopId, 10)
      const all = [...early, ...late, ...last]

      const [session_id = ""] = SESSIONS
      const [, category_id = ""] = CATEGORIES
      const cases: [Record<string, string>, ShownEvent[]][] = [
        [{}, all],
        [{ session_id }, all.filter((event) => event.session_id === session_id)],
        [{ session_id: session_id.toUpperCase() }, all.filter((event) => event.session_id === session_id)],
        [{ category_id }, all.filter((event) => event.category_id === category_id)],
        [{ from, to }, late],
        [{ from }, [...late, ...last]],
        [{ to: from.replace("Z", "+00:00") }, early],
        [
          { from, to, session_id, category_id },
          late.filter((event) => event.session_id === session_id && event.category_id === category_id),
        ],
        [{ from: new Date(Date.now() + 60_000).toISOString() }, []],
        [{ to: "2020-01-01T00:00:00Z" }, []],
        [{ category_id: "none" }, []],
        [{ action: "CHECKOUT" }, all.filter(({ action }) => action === "Checkout")],
        [
          { min_total: "10", max_total: "20.5" },
          all.filter(({ basket_total }) => basket_total >= 10 && basket_total <= 20.5),
        ],
        [{ find: "PEARS NO. 11" }, all.filter(({ product_name }) => product_name.startsWith("Pears no. 11"))],
        [
          { find: session_id.slice(0, 8), category_id },
          all.filter((event) => event.session_id === session_id && event.category_id === category_id),
        ],
        [{ find: ".*" }, []],
      ]
      for (const [filter, expected] of cases) {
        const title = JSON.stringify(filter)
        expect(seqsOf(await allFollowing(product, shopId, filter)), title).to.deep.equal(seqsOf(expected))
        // A page is of what comes before the newest.
        const older = seqsOf(expected)
          .filter((seq) => seq !== all.at(-1)?.seq)
          .reverse()
        expect(seqsOf(await allOlder(product, shopId, filter)), title).to.deep.equal(older)
      }
    })

    it("lacks nothing given times far away, at every door", async () => {
      const shopId = randomUUID()
      const all = seqsOf(await publishMixed(product, shopId, 40))
      for (const [filter, takesAll] of FAR_TIMES) {
        const title = JSON.stringify(filter)
        const expected = takesAll ? all : []
        expect(seqsOf(await allFollowing(product, shopId, filter)), title).to.deep.equal(expected)
        const query = new URLSearchParams(filter)
        expect(await exported(product, shopId, filter), title).to.deep.equal(expected)
        const page = await get(`${gateway.url}/api/store/${shopId}/feed?before=${all.at(-1)}&${query}`)
        expect(page.status, title).to.equal(200)
        expect(seqsOf(page.body), title).to.deep.equal(expected.slice(0, -1).reverse())
      }
    })

    it("is had by HTTP from the gateway", async () => {
      const shopId = randomUUID()
      const all = await publishMixed(product, shopId, 60)
      const query = new URLSearchParams({ before: `${all.at(-1)?.seq}`, category_id: "bread & butter", limit: "5" })
      const { status, body } = await get(`${gateway.url}/api/store/${shopId}/feed?${query}`)
      expect(status).to.equal(200)
      const expected = all.slice(0, -1).filter(({ category_id }) => category_id === "bread & butter")
      expect(seqsOf(body)).to.deep.equal(seqsOf(expected).reverse().slice(0, 5))
    })

    it("answers the normalised query", async () => {
      const shopId = randomUUID()
      await publishMixed(product, shopId, 3)
      const { result } = await resRequest(product.nats, `get.store.${shopId}.feed`, {
        query: `to=2030-01-01T01%3A00%3A00%2B01%3A00&category_id=a%26b&before=1&session_id=${SESSIONS[0]?.toUpperCase()}&junk=1`,
      })
      const expected = {
        before: "1",
        limit: "100",
        to: "2030-01-01T00:00:00.000Z",
        session_id: SESSIONS[0] ?? "",
        category_id: "a&b",
      }
      expect(result.query).to.equal(new URLSearchParams(expected).toString())
    })

    it("refuses what is no time, basket or limit", async () => {
      const shopId = randomUUID()
      await publishMixed(product, shopId, 3)
      for (const wrong of [
        "from=yesterday",
        "to=2023-12-18T10:30:00",
        "session_id=x",
        `category_id=${"x".repeat(201)}`,
        "find=",
        "find=%00",
        `find=${"x".repeat(101)}`,
        "min_total=1e5",
        "max_total=many",
      ]) {
        const { error } = await resRequest(product.nats, `get.store.${shopId}.feed`, { query: `before=1&${wrong}` })
        expect(error?.code, wrong).to.equal("system.invalidQuery")
        expect(JSON.stringify(error?.data)).to.include(wrong.split("=")[0])
      }
      for (const wrong of [{ after: -1 }, { after: "1" }, { limit: 501 }, { after: 1, from: 5 }, []]) {
        const { error } = await resRequest(product.nats, `call.store.${shopId}.feed.read`, { params: wrong })
        expect(error?.code, JSON.stringify(wrong)).to.equal("system.invalidParams")
      }
      const beyond = await resRequest(product.nats, `call.store.${shopId}.feed.read`, { params: { after: 10 ** 12 } })
      expect(beyond.error?.code).to.equal("store.unknownSequence")
    })

    it("is searched so far and no further for one page, and says where to go on", async () => {
      const shopId = randomUUID()
      const [wanted] = await publishMixed(product, shopId, 1)
      const session_id = wanted?.session_id ?? ""
      await fillLog(product.nats, publishEvent({ shop_id: shopId }), 11_000)
      const [newest] = await getFeed(product.nats, shopId)
      const client = new Client(natsConn(product.nats))
      const page = async (before: number) => {
        const answer = await client.get(`store.${shopId}.feed?before=${before}&session_id=${session_id}`)
        return "collection" in answer ? (answer.collection as { data: ShownEvent }[]).map(({ data }) => data) : []
      }
      const refused = await page(newest?.seq ?? 0).catch((error: unknown) => error)
      if (!(refused instanceof ResError)) throw new Error("it was not refused")
      expect(refused.code).to.equal("store.searchTooLong")
      expect(seqsOf(await page((refused.data as { before: number }).before))).to.deep.equal([wanted?.seq])
      client.close()
      const part = await read(product, shopId, { after: wanted?.seq, session_id })
      expect([part.events, part.end]).to.deep.equal([[], false])
      expect((await read(product, shopId, { after: part.after, session_id })).end).to.equal(true)
    })
  })

  describe("across the seam of stream and archive", () => {
    const { product, archivers } = useArchivedProduct({ takeoverMs: 30_000 })
    let shopId: string
    let all: ShownEvent[]

    beforeEach(async () => {
      shopId = randomUUID()
      all = await publishMixed(product, shopId, EVENTS)
      await caughtUp(product.nats)
    })

    const trim = async (keep: number): Promise<void> => {
      const jsm = await jetstreamManager(product.nats)
      await jsm.streams.purge(STREAM, { filter: storedSubject(shopId), keep })
    }

    for (const keep of [EVENTS, 240, 37, 1]) {
      it(`is without hole or repeat when the stream has ${keep} of ${EVENTS} events`, async () => {
        await trim(keep)
        await product.restartService()
        const [session_id = ""] = SESSIONS
        for (const filter of [
          {},
          { session_id },
          { category_id: "fruit" },
          { find: "no. 5" },
          { find: "no. 5", session_id },
        ] as { find?: string; session_id?: string; category_id?: string }[]) {
          const { find = "", ...members } = filter
          const expected = all.filter(
            (event) =>
              event.product_name.includes(find) &&
              Object.entries(members).every(([name, value]) => event[name as "session_id"] === value),
          )
          const title = JSON.stringify(filter)
          expect(seqsOf(await allFollowing(product, shopId, filter)), title).to.deep.equal(seqsOf(expected))
          const older = seqsOf(expected)
            .filter((seq) => seq !== all.at(-1)?.seq)
            .reverse()
          expect(seqsOf(await allOlder(product, shopId, filter)), title).to.deep.equal(older)
        }
        const [stored] = (await read(product, shopId, { after: 0, limit: 1 })).events
        expect(stored).to.deep.equal({ ...all[0], received_at: stored?.received_at })
      })
    }

    it("goes on when the stream has nothing of the shop left, also by stream and for single events", async () => {
      await trim(0)
      await product.restartService()
      expect(seqsOf(await allFollowing(product, shopId, {}))).to.deep.equal(seqsOf(all))
      const page = await getFeed(product.nats, shopId, `before=${all.at(-1)?.seq}&limit=500`)
      expect(seqsOf(page)).to.deep.equal(seqsOf(all).reverse().slice(1, 501))
      const single = await resRequest(product.nats, `get.store.${shopId}.event.${all[5]?.seq}`)
      expect(single.result.model).to.include({ seq: all[5]?.seq, action_id: 5 })
      const stream = await EventStream.open(`${product.edgeUrl}/stream/${shopId}`, `${all[2]?.seq}`)
      const [next] = await publishMixed(product, shopId, 1)
      await stream.count(EVENTS - 2)
      expect(stream.seqs).to.deep.equal([...seqsOf(all).slice(3), next?.seq])
      stream.close()
    })

    it("lacks nothing given times far away", async () => {
      await trim(180)
      for (const [filter, takesAll] of FAR_TIMES) {
        const expected = takesAll ? seqsOf(all) : []
        expect(await exported(product, shopId, filter), JSON.stringify(filter)).to.deep.equal(expected)
        const older = await allOlder(product, shopId, filter, 500)
        expect(seqsOf(older), JSON.stringify(filter)).to.deep.equal(expected.slice(0, -1).reverse())
      }
    })

    it("has what is not archived yet", async () => {
      await trim(10)
      await archivers.stop()
      const more = await publishMixed(product, shopId, 20)
      const [session_id = ""] = SESSIONS
      for (const filter of [{}, { session_id }] as Record<string, string>[]) {
        const expected = [...all, ...more].filter(
          (event) => filter.session_id === undefined || event.session_id === session_id,
        )
        expect(seqsOf(await allFollowing(product, shopId, filter))).to.deep.equal(seqsOf(expected))
        const older = seqsOf(expected)
          .filter((seq) => seq !== more.at(-1)?.seq)
          .reverse()
        expect(seqsOf(await allOlder(product, shopId, filter))).to.deep.equal(older)
      }
      await archivers.start()
    })

    it("is without hole or repeat while the stream drops its oldest", async () => {
      let kept = EVENTS - 60
      let stopped = false
      const dropping = (async () => {
        for (; !stopped && kept > 10; kept -= 10) await trim(kept)
      })()
      for (let i = 0; i < 3; i++) {
        expect(seqsOf(await allFollowing(product, shopId, {}, 50))).to.deep.equal(seqsOf(all))
        expect(seqsOf(await allOlder(product, shopId, {}, 50))).to.deep.equal(seqsOf(all).reverse().slice(1))
      }
      stopped = true
      await dropping
    })
  })

  it("says that it cannot be had while MongoDB is away, rather than that it ends", async () => {
    const product = await startProduct({ archive: { url: "mongodb://127.0.0.1:1/x", timeoutMs: 200 } })
    try {
      const shopId = randomUUID()
      const all = await publishMixed(product, shopId, 50)
      const page = async (limit: number) =>
        await resRequest(product.nats, `get.store.${shopId}.feed`, {
          query: `before=${all.at(-1)?.seq}&limit=${limit}`,
        })
      expect((await page(20)).result.collection).to.have.length(20)
      expect((await page(100)).error?.code).to.equal("system.serviceUnavailable")
      // What the stream has, it gives without MongoDB.
      expect((await read(product, shopId, { after: all[0]?.seq })).events).to.have.length(49)
    } finally {
      await product.stop()
    }
  })
})
