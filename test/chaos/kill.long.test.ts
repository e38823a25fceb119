import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { PersistentStream } from "../helpers/event-stream.ts"
import { publishEvent } from "../helpers/events.ts"
import { get, post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { type Client, type ClientCollection, type ClientModel, resClient } from "../helpers/res-client.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const PUBLISHERS = 4

/** A shop's baskets and figures as a page has them. */
interface ShopOfClient {
  readonly baskets: ClientCollection<ClientModel<{ events: number; last_seq: number }>>
  readonly figures: ClientModel<{ events: number }>
  /** Today and tomorrow, in case that midnight comes. */
  readonly days: readonly ClientModel<{ date: string; events: number; baskets: number }>[]
}

/** Publishes to one shop without a pause, each event until it is accepted. */
class Publisher {
  readonly shopId = randomUUID()
  /** What was answered with 200, by action_id, with its sequence. */
  readonly accepted = new Map<number, number>()
  #stopped = false
  readonly #running: Promise<void>

  constructor(edgeUrl: string) {
    this.#running = this.#run(`${edgeUrl}/publish/${this.shopId}`)
  }

  /** Resolves when the last event was accepted. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(url: string): Promise<void> {
    for (let action_id = 1; !this.#stopped; action_id++) {
      const event = publishEvent({ shop_id: this.shopId, action_id })
      await until(`event ${action_id} to be accepted`, async () => {
        const answer = await post(url, event, { "idempotency-key": `${action_id}` }).catch(() => undefined)
        if (answer?.status !== 200) return false
        this.accepted.set(action_id, Number(answer.headers.get("x-event-seq")))
        return true
      })
    }
  }
}

describe("kill -9 of one process after another, under load", function () {
  this.timeout(10 * PATIENCE_MS)

  let kit: LauncherKit
  const clients: Client[] = []
  let publishers: Publisher[] = []
  let streams: PersistentStream[] = []

  before(async () => {
    kit = await LauncherKit.create()
    await kit.ready(kit.start())
  })

  after(async () => {
    await Promise.allSettled(publishers.map((publisher) => publisher.stop()))
    for (const client of clients) client.disconnect()
    await Promise.allSettled(streams.map((stream) => stream.stop()))
    await kit?.end()
  })

  it("loses no accepted event, shows each once and in one order, and everything recovers by itself", async () => {
    publishers = Array.from({ length: PUBLISHERS }, () => new Publisher(kit.edgeUrl))
    const feeds = await Promise.all(publishers.map(({ shopId }) => watch(shopId)))
    const shops = await Promise.all(publishers.map(({ shopId }) => watchShop(shopId)))
    streams = publishers.map(({ shopId }) => new PersistentStream(`${kit.edgeUrl}/stream/${shopId}?last_event_id=0`))

    // The real Resgate goes by its own name.
    const gateway = kit.known.some(({ name }) => name === "resgate") ? "resgate" : "gateway"
    for (const victim of ["service", "edge", gateway, "nats", "service", "nats"]) {
      await moreAccepted("before the kill")
      await kit.kill(victim)
      await until("the product to be ready again", isReady)
    }
    await moreAccepted("after the last kill")
    await Promise.all(publishers.map((publisher) => publisher.stop()))

    for (const [i, { shopId, accepted }] of publishers.entries()) {
      const all = await history(shopId)
      const ids = all.map(({ action_id }) => action_id)
      expect(new Set(ids).size, "each event once").to.equal(ids.length)
      expect(
        all.map(({ seq }) => seq),
        "the log's order",
      ).to.deep.equal(all.map(({ seq }) => seq).toSorted((a, b) => b - a))
      const stored = new Map(all.map(({ action_id, seq }) => [action_id, seq]))
      for (const [id, seq] of accepted) expect(stored.get(id), `event ${id}`).to.equal(seq)

      const feed = feeds[i] as ClientCollection<ShownEvent>
      await until("the open feed to be what a fresh get gives", async () => {
        const fresh = await freshGet(`store/${shopId}/feed`)
        return JSON.stringify([...feed]) === JSON.stringify(fresh)
      })
      await until("the open baskets and figures to be what a fresh get gives, with every event", async () => {
        const { baskets, figures } = shops[i] as ShopOfClient
        const [basket] = await freshGet(`store/${shopId}/baskets`)
        const fresh = await freshGet(`store/${shopId}/stats`)
        const [shown] = [...baskets]
        return (
          [shown?.props.events, basket.events, figures.props.events, fresh.events].every(
            (count) => count === all.length,
          ) && shown?.props.last_seq === all[0]?.seq
        )
      })

      await until("the open days to be what a fresh get gives, with every event once", async () => {
        const { days } = shops[i] as ShopOfClient
        const fresh = await Promise.all(days.map(({ props }) => freshGet(`store/${shopId}/day/${props.date}`)))
        const events = days.reduce((sum, { props }) => sum + props.events, 0)
        const copies = days.map(({ props }) => ({ ...props }))
        return events === all.length && isDeepStrictEqual(copies, fresh)
      })

      const streamed = streams[i] as PersistentStream
      await until("the stream to come to the end", () => streamed.seqs.at(-1) === all[0]?.seq)
      expect(streamed.seqs, "streamed without a gap or a repetition").to.deep.equal(all.map(({ seq }) => seq).reverse())
      expect(streamed.connections).to.be.above(1)
    }
  })

  /** Waits until each publisher's next ten events were accepted. */
  async function moreAccepted(when: string): Promise<void> {
    const wanted = publishers.map(({ accepted }) => accepted.size + 10)
    await until(`more events to be accepted ${when}`, () =>
      publishers.every(({ accepted }, i) => accepted.size >= (wanted[i] ?? 0)),
    )
  }

  async function watchShop(shopId: string): Promise<ShopOfClient> {
    const client = resClient(kit.gatewayUrl.replace("http", "ws"))
    clients.push(client)
    const baskets = await client.get<ShopOfClient["baskets"]>(`store.${shopId}.baskets`)
    baskets.on("add", () => {})
    const figures = await client.get<ShopOfClient["figures"]>(`store.${shopId}.stats`)
    figures.on("change", () => {})
    const days = await Promise.all(
      [0, 24].map(async (hours) => {
        const date = new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 10)
        const day = await client.get<ShopOfClient["days"][number]>(`store.${shopId}.day.${date}`)
        day.on("change", () => {})
        return day
      }),
    )
    return { baskets, figures, days }
  }

  async function watch(shopId: string): Promise<ClientCollection<ShownEvent>> {
    const client = resClient(kit.gatewayUrl.replace("http", "ws"))
    clients.push(client)
    const feed = await client.get<ClientCollection<ShownEvent>>(`store.${shopId}.feed`)
    feed.on("add", () => {})
    return feed
  }

  async function isReady(): Promise<boolean> {
    const answers = await Promise.all([
      get(`${kit.edgeUrl}/readyz`).catch(() => undefined),
      get(`${kit.gatewayUrl}/api/shopwire/health`).catch(() => undefined),
    ])
    return answers.every((answer) => answer?.status === 200)
  }

  /** All events of a shop, newest first, as a developer would read them. */
  async function history(shopId: string): Promise<ShownEvent[]> {
    const path = `store/${shopId}/feed`
    const all: ShownEvent[] = await freshGet(path)
    for (;;) {
      const page: ShownEvent[] = await freshGet(`${path}?before=${all.at(-1)?.seq}&limit=500`)
      if (page.length === 0) return all
      all.push(...page)
    }
  }

  /** What the gateway's HTTP API gives, as soon as it answers 200. */
  // biome-ignore lint/suspicious/noExplicitAny: any resource
  async function freshGet(path: string): Promise<any> {
    const answer = await until(`200 from ${path}`, async () => {
      const got = await get(`${kit.gatewayUrl}/api/${path}`).catch(() => undefined)
      return got?.status === 200 && got
    })
    return answer.body
  }
})
