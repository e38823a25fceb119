import { randomUUID } from "node:crypto"
import { get as httpGet, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { natsConn } from "res-service"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { fillLog } from "../helpers/fill-log.ts"
import { answer, post } from "../helpers/http.ts"
import { Issuer } from "../helpers/issuer.ts"
import { startProduct, startTestEdge, useProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

const COOKIE = "shopwire_token"

describe("GET /export/{shop_id}", () => {
  const product = useProduct()
  const opened = closeAfterEach<IncomingMessage>((response) => response.destroy())

  const url = (shopId: string, query = ""): string => `${product.edgeUrl}/export/${shopId}${query}`

  async function publish(shopId: string, ...events: PublishEvent[]): Promise<number[]> {
    const { status, body } = await post(`${product.edgeUrl}/publish/${shopId}`, events)
    expect(status).to.equal(200)
    return body.map(({ seq }: { seq: number }) => seq)
  }

  const lines = (ndjson: string): ShownEvent[] =>
    ndjson
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line))

  /** The answer, of which nothing was read yet. */
  function request(address: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      httpGet(address, { agent: false }, (response) => {
        response.on("error", () => {})
        resolve(opened(response))
      }).on("error", reject)
    })
  }

  it("is all of a shop's events as NDJSON, oldest first", async () => {
    const shopId = randomUUID()
    const events = publishEvents(1200, shopId)
    const seqs = [
      ...(await publish(shopId, ...events.slice(0, 1000))),
      ...(await publish(shopId, ...events.slice(1000))),
    ]
    const response = await fetch(url(shopId.toUpperCase()))
    expect(response.status).to.equal(200)
    expect(response.headers.get("content-type")).to.equal("application/x-ndjson; charset=utf-8")
    expect(response.headers.get("content-disposition")).to.equal(`attachment; filename="${shopId}.ndjson"`)
    expect(response.headers.get("cache-control")).to.equal("no-store")
    const found = lines(await response.text())
    expect(found).to.deep.equal(
      events.map((event, i) => ({ ...event, seq: seqs[i], received_at: found[i]?.received_at })),
    )
  })

  it("is CSV as RFC 4180 has it, in which no text is a formula", async () => {
    const shopId = randomUUID()
    const tricky = {
      product_name: '=HYPERLINK("http://evil.example")',
      category_id: "+1,2",
      UPC: "@SUM\r\nx",
      action: "ÄDD",
      product_price: -3.5,
    }
    const [seq] = await publish(shopId, publishEvent({ shop_id: shopId, ...tricky }))
    const response = await fetch(url(shopId, "?format=csv"))
    expect(response.headers.get("content-type")).to.equal("text/csv; charset=utf-8; header=present")
    const csv = await response.text()
    const [header, row] = [csv.slice(0, csv.indexOf("\r\n")), csv.slice(csv.indexOf("\r\n") + 2)]
    expect(header).to.equal(
      "seq,received_at,session_id,shop_id,shopper_id,action_id,create_time,action,product_name,product_id,product_price,UPC,category_id,basket_total",
    )
    expect(row).to.match(new RegExp(`^${seq},\\d{4}-`))
    expect(row).to.include(`,ÄDD,"'=HYPERLINK(""http://evil.example"")",500100,-3.5,"'@SUM\r\nx","'+1,2",12.18\r\n`)
    expect(await (await fetch(url(randomUUID(), "?format=csv"))).text()).to.equal(`${header}\r\n`)
  })

  it("is narrowed by time, basket and category", async () => {
    const shopId = randomUUID()
    const session_id = randomUUID()
    const event = (fields: Partial<PublishEvent>): PublishEvent => publishEvent({ shop_id: shopId, ...fields })
    const [first, , third] = await publish(
      shopId,
      event({ session_id, category_id: "a&b" }),
      event({ session_id }),
      event({ category_id: "a&b" }),
    )
    const seqs = async (query: string): Promise<number[]> =>
      lines(await (await fetch(url(shopId, query))).text()).map(({ seq }) => seq)
    expect(await seqs("?category_id=a%26b")).to.deep.equal([first, third])
    expect(await seqs(`?category_id=a%26b&session_id=${session_id}`)).to.deep.equal([first])
    expect(await seqs("?to=2020-01-01T00:00:00Z")).to.deep.equal([])
    expect(await seqs("?from=2020-01-01T00:00:00Z")).to.have.length(3)
  })

  it("refuses what is no shop, format or filter, before anything is sent", async () => {
    expect((await answer(fetch(url("x")))).body).to.deep.include({ status: 422 })
    for (const [query, parameter] of [
      ["?format=xml", "format"],
      ["?from=yesterday", "from"],
      ["?session_id=x", "session_id"],
      ["?category_id=a&category_id=b", "category_id"],
    ] as const) {
      const { status, body } = await answer(fetch(url(randomUUID(), query)))
      expect([status, body.errors[0].parameter], query).to.deep.equal([422, parameter])
    }
    const { status, headers } = await answer(fetch(url(randomUUID()), { method: "POST" }))
    expect([status, headers.get("allow")]).to.deep.equal([405, "GET, HEAD"])
    expect((await fetch(url(randomUUID()), { method: "HEAD" })).headers.get("content-type")).to.include("ndjson")
  })

  it("ends where the log was when it began", async () => {
    const shopId = randomUUID()
    const seqs = await publish(shopId, ...publishEvents(1000, shopId))
    let sent = 1000
    let stopped = false
    const publishing = (async () => {
      for (; !stopped; await publish(shopId, ...publishEvents(100, shopId))) sent += 100
    })()
    const response = await fetch(url(shopId))
    const sentBefore = sent
    const found = lines(await response.text()).map(({ seq }) => seq)
    stopped = true
    await publishing
    expect(found.slice(0, 1000)).to.deep.equal(seqs)
    expect(found.length).to.be.at.most(sentBefore)
  })

  describe("of more than a client takes", () => {
    const shopId = randomUUID()
    let reads: number

    before(async () => {
      await fillLog(product.nats, publishEvent({ shop_id: shopId, product_name: "x".repeat(7000) }), 3000)
      product.nats.subscribe(`call.store.${shopId}.feed.read`, {
        callback: () => {
          reads++
        },
      })
    })

    /** Resolves when no more is read for a while. */
    async function settled(): Promise<number> {
      let last = -1
      await until("no more to be read", async () => {
        const before = reads
        await sleep(300)
        // While nats-server stands still nothing is read either; then this is not answered.
        await product.nats.flush()
        await sleep(300)
        last = reads
        return before > 1 && before === reads
      })
      return last
    }

    beforeEach(() => {
      reads = 0
    })

    it("is read no faster than the client takes it, and no further when it is gone", async () => {
      const slow = await request(url(shopId))
      slow.pause()
      const some = await settled()
      // 22 MB of events, in pages of at most 768 KiB; some lies in the buffers of both ends.
      expect(some).to.be.below(25)
      slow.destroy()
      // The page that was being read may still come.
      expect(await settled()).to.be.within(some, some + 1)
    })

    it("goes on through a restart of the service", async () => {
      const slow = await request(url(shopId))
      slow.pause()
      await settled()
      await product.stopService()
      const reading = text(slow)
      await product.restartService()
      const seqs = lines(await reading).map(({ seq }) => seq)
      expect(seqs).to.have.length(3000)
      expect(new Set(seqs).size).to.equal(3000)
    })

    it("is cut off, not ended, when the edge stops", async () => {
      const slow = await request(url(shopId))
      slow.pause()
      await settled()
      const reading = text(slow).then(
        () => "whole",
        () => "cut off",
      )
      await product.restartEdge()
      expect(await reading).to.equal("cut off")
      expect(slow.complete).to.equal(false)
    })

    it("is cut off for fetch too, when it began while the edge was stopping", async () => {
      const edge = await startTestEdge(natsConn(product.nats), { noticeMs: 5000 })
      const stopping = edge.stop()
      const slow = await fetch(`http://127.0.0.1:${edge.port}/export/${shopId}`)
      await stopping
      const reading = slow.text().then(
        () => "whole",
        () => "cut off",
      )
      expect(await reading).to.equal("cut off")
    })
  })

  it("is for who may read the shop, by header or cookie", async () => {
    const issuer = await Issuer.start()
    const guarded = await startProduct({
      auth: { verifier: issuer.verifier, cookie: { name: COOKIE, origins: ["https://shop.example"] } },
      doors: { origins: ["https://shop.example"] },
    })
    try {
      const shopId = randomUUID()
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(`${guarded.edgeUrl}/export/${shopId}`, { headers })).status
      const bearer = async (role: string, shops: string[]) => ({
        authorization: `Bearer ${await issuer.token({ role, shops })}`,
      })
      expect(await status({})).to.equal(401)
      expect(await status({ authorization: "Bearer a.b.c" })).to.equal(401)
      expect(await status(await bearer("merchant", [shopId]))).to.equal(200)
      expect(await status(await bearer("admin", []))).to.equal(200)
      expect(await status(await bearer("merchant", [randomUUID()]))).to.equal(403)
      expect(await status(await bearer("shopper", [shopId]))).to.equal(403)
      const cookie = `${COOKIE}=${await issuer.token({ role: "merchant", shops: [shopId] })}`
      expect(await status({ cookie, origin: "https://shop.example" })).to.equal(200)
      expect(await status({ cookie, origin: "https://evil.example" })).to.equal(401)
      // A link that is followed brings no Origin.
      expect(await status({ cookie, referer: "https://shop.example/" })).to.equal(200)
      expect(await status({ cookie, referer: "https://shop.example/a?b", "sec-fetch-site": "cross-site" })).to.equal(
        200,
      )
      expect(await status({ cookie, "sec-fetch-site": "same-origin" })).to.equal(200)
      for (const referer of [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://evil.example/https://shop.example/",
        "about:client",
      ])
        expect(await status({ cookie, referer }), referer).to.equal(401)
      expect(await status({ cookie })).to.equal(401)
      const readable = async (origin: string, shop = shopId) =>
        (await fetch(`${guarded.edgeUrl}/export/${shop}`, { headers: { cookie, origin } })).headers
      const allowed = await readable("https://shop.example")
      expect(allowed.get("access-control-allow-origin")).to.equal("https://shop.example")
      expect(allowed.get("access-control-allow-credentials")).to.equal("true")
      // The page may read why it is refused, too.
      expect((await readable("https://shop.example", randomUUID())).get("access-control-allow-credentials")).to.equal(
        "true",
      )
      expect((await readable("https://evil.example")).has("access-control-allow-credentials")).to.equal(false)
    } finally {
      await guarded.stop()
      await issuer.stop()
    }
  })
})
