import { createHash, randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { natsConn } from "res-service"
import { Client, type Mirror } from "res-service/client"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import type { Erased } from "../../contract/shopwire.ts"
import { DeadLetters } from "../../service/archive/dead-letters.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { STREAM } from "../../service/log/stream.ts"
import { partitionOf } from "../../service/log/subjects.ts"
import { BUCKET } from "../../service/store/snapshots.ts"
import { caughtUp } from "../helpers/archive.ts"
import { filesWith } from "../helpers/disk.ts"
import { EventStream } from "../helpers/event-stream.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { type Answer, answer, post } from "../helpers/http.ts"
import { type Product, startProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"
import { useArchivedProduct } from "../helpers/use-archive.ts"

const DAY_MS = 24 * 60 * 60 * 1000

const NOTHING: Erased = {
  shops: 0,
  stream: 0,
  acknowledgements: 0,
  snapshots: 0,
  archive: null,
  annotations: 0,
  dead_letters: 0,
}

describe("DELETE /shoppers/{shopper_id}", () => {
  describe("without an archive", () => {
    let product: Product
    let client: Client

    before(async () => {
      product = await startProduct()
      client = new Client(natsConn(product.nats))
    })

    after(async () => {
      client?.close()
      await product?.stop()
    })

    const erase = async (shopperId: string): Promise<Answer> =>
      await answer(fetch(`${product.edgeUrl}/shoppers/${shopperId}`, { method: "DELETE" }))

    async function publish(...events: PublishEvent[]): Promise<number[]> {
      const { status, body } = await post(`${product.edgeUrl}/publish/${events[0]?.shop_id}`, events)
      expect(status).to.equal(200)
      return body.map(({ seq }: { seq: number }) => seq)
    }

    const get = async (rid: string) => (await resRequest(product.nats, `get.${rid}`)).result

    async function mirror(rid: string): Promise<Mirror> {
      const found = client.mirror(rid)
      await found.ready
      return found
    }

    const onDisk = (text: string): Promise<string[]> => filesWith(product.natsServer.storeDir, text)

    it("erases a person from the log, baskets, figures, snapshots, acknowledgements, open screens and the disk", async () => {
      const [shop, quiet, person, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
      const [own, others] = [randomUUID(), randomUUID()]
      const event = (fields: Partial<PublishEvent>): PublishEvent => publishEvent({ shop_id: shop, ...fields })
      // Enough for a snapshot; among them what shows in the newest 100, and what shows only in older pages.
      const first = await publish(
        event({ shopper_id: person, session_id: own }),
        ...publishEvents(998, shop).map((each) => ({ ...each, shopper_id: other, session_id: others })),
        event({ shopper_id: person.toUpperCase(), session_id: own, product_id: 2 }),
      )
      await publish(event({ shop_id: quiet, shopper_id: person }))
      const kv = await new Kvm(product.nats).open(BUCKET)
      await until("a snapshot", async () => (await kv.get(`${partitionOf(shop)}.${shop}`)) !== null)
      const acked = await resRequest(product.nats, `call.store.${shop}.basket.${own}.acknowledge`, {
        params: { by: "Ann" },
      })
      expect(acked.error).to.equal(undefined)
      const last = await publish(event({ shopper_id: other, session_id: others }))
      // Not an event, but somebody has put the ID there.
      const note = JSON.stringify({ note: `asked by ${person}` })
      await product.nats.request(`updates.store.${shop}`, note, { timeout: PATIENCE_MS })
      expect(await onDisk(person)).not.to.deep.equal([])

      const feed = await mirror(`store.${shop}.feed`)
      const baskets = await mirror(`store.${shop}.baskets`)
      const page = await mirror(`store.${shop}.feed?before=${first[5]}&limit=10`)
      const single = await mirror(`store.${shop}.event.${first[0]}`)
      const stream = await EventStream.open(`${product.edgeUrl}/stream/${shop}`)
      await until("a position to go on from", () => stream.lastEventId !== "")
      expect(JSON.stringify([feed.value, baskets.value, page.value, single.value])).to.include(person)

      const { status, body } = await erase(person.toUpperCase())
      expect(status).to.equal(200)
      expect(body).to.deep.equal({ ...NOTHING, shops: 2, stream: 4, acknowledgements: 1, snapshots: 1 })

      const gone = (): boolean =>
        !JSON.stringify([feed.value, baskets.value, page.value, single.value]).includes(person)
      await until("screens without the person", gone)
      await until("a notice", () => stream.events.some(({ event }) => event === "erased"))
      const seqs = stream.events.flatMap(({ data }) => data.seqs)
      expect(seqs).to.include.members([first[0], first.at(-1)])
      stream.close()
      const fresh = await getFeed(product.nats, shop)
      await until("the open feed to be as a fresh get", () => JSON.stringify(feed.value) === JSON.stringify(fresh))
      expect(fresh).to.have.length(100)
      expect(fresh[0]?.seq).to.equal(last[0])
      expect(await get(`store.${shop}.basket.${own}`)).to.equal(undefined)
      expect((await get(`store.${shop}.stats`)).model).to.include({ events: 999 })
      expect(await onDisk(person)).to.deep.equal([])

      const shown = async () => [await getFeed(product.nats, shop), await get(`store.${shop}.baskets`), await stats()]
      const stats = async () => {
        const { since, minutes, events_last_minute, ...totals } = (await get(`store.${shop}.stats`)).model
        return totals
      }
      const before = await shown()
      await product.restartService()
      expect(await shown(), "a replay").to.deep.equal(before)
      expect((await erase(person)).body).to.deep.equal(NOTHING)

      const [again] = await publish(event({ shopper_id: person, session_id: own }))
      expect((await getFeed(product.nats, shop))[0], "new data").to.include({ seq: again, shopper_id: person })
      for (const each of [feed, baskets, page, single]) each.close()
    })

    it("finds what was published before there was an index, and what nobody has followed yet", async () => {
      const [shop, person] = [randomUUID(), randomUUID()]
      await publish(...publishEvents(50, shop), publishEvent({ shop_id: shop, shopper_id: person }))
      await product.stopService()
      await (await jetstreamManager(product.nats)).streams.purge("KV_shopper-index")
      const event = publishEvent({ shop_id: shop, shopper_id: person })
      await product.nats.request(`updates.store.${shop}`, JSON.stringify(event), { timeout: PATIENCE_MS })
      await product.restartService()
      expect((await erase(person)).body).to.include({ stream: 2, shops: 1 })
      expect(await onDisk(person)).to.deep.equal([])
    })

    it("goes on with an erasure that was interrupted", async () => {
      const [shop, person, session_id] = [randomUUID(), randomUUID(), randomUUID()]
      const [seq = 0] = await publish(publishEvent({ shop_id: shop, shopper_id: person, session_id }))
      const jsm = await jetstreamManager(product.nats)
      const letters = new DeadLetters(new JetStream(product.nats))
      await letters.open()
      const payload = JSON.stringify({ shopper_id: person })
      await letters.put({ shopId: shop, kind: "event", id: `${seq}`, reason: "for the test", payload })
      // As though the service had ended after it had noted what to do, and deleted the event.
      const key = createHash("sha256").update(person).digest("base64url")
      const kv = await new Kvm(product.nats).open("erasures")
      await kv.put(key, JSON.stringify({ [shop]: { seqs: [seq], sessions: [session_id] } }))
      await jsm.streams.deleteMessage(STREAM, seq, true)
      expect((await erase(person)).body).to.deep.equal({ ...NOTHING, shops: 1, dead_letters: 1 })
      expect(await onDisk(person)).to.deep.equal([])
    })

    it("loses nobody else's events while much is published, and shows what a fresh get gives", async () => {
      const [shop, person] = [randomUUID(), randomUUID()]
      const feed = await mirror(`store.${shop}.feed`)
      const kept: number[] = []
      let stopped = false
      const publishing = (async () => {
        while (!stopped) {
          const events = publishEvents(10, shop)
          const seqs = await publish(...events, publishEvent({ shop_id: shop, shopper_id: person }))
          kept.push(...seqs.slice(0, 10))
        }
      })()
      for (let i = 0; i < 5; i++) {
        await until("something to erase", () => kept.length > i * 100)
        await erase(person)
      }
      stopped = true
      await publishing
      await erase(person)
      const all: ShownEvent[] = []
      for (let before = Number.MAX_SAFE_INTEGER; ; before = all.at(-1)?.seq ?? 0) {
        const query = before > 1e15 ? undefined : `before=${before}&limit=500`
        const page = await getFeed(product.nats, shop, query)
        if (page.length === 0) break
        all.push(...page)
      }
      expect(all.map(({ seq }) => seq).reverse()).to.deep.equal(kept)
      const fresh = JSON.stringify(await getFeed(product.nats, shop))
      await until("the open feed to be as a fresh get", () => JSON.stringify(feed.value) === fresh)
      feed.close()
    })

    it("refuses what is no shopper, and other methods", async () => {
      expect((await erase("x")).body).to.deep.include({
        status: 422,
        errors: [{ parameter: "shopper_id", detail: "expected a UUID version 4" }],
      })
      const { status, headers } = await answer(fetch(`${product.edgeUrl}/shoppers/${randomUUID()}`))
      expect([status, headers.get("allow")]).to.deep.equal([405, "DELETE"])
      expect((await erase(randomUUID())).body).to.deep.equal(NOTHING)
    })
  })

  describe("with an archive", () => {
    const { db, product, archivers } = useArchivedProduct()

    const erase = async (shopperId: string): Promise<Answer> =>
      await answer(fetch(`${product.edgeUrl}/shoppers/${shopperId}`, { method: "DELETE" }))

    async function publish(...events: PublishEvent[]): Promise<void> {
      expect((await post(`${product.edgeUrl}/publish/${events[0]?.shop_id}`, events)).status).to.equal(200)
    }

    it("erases events and baskets there too, also those that the stream has forgotten; shared baskets are made anew", async () => {
      const [shop_id, person, session_id] = [randomUUID(), randomUUID(), randomUUID()]
      await publish(
        publishEvent({ shop_id, shopper_id: person }),
        publishEvent({ shop_id, session_id, product_id: 1 }),
        publishEvent({ shop_id, session_id, product_id: 2, shopper_id: person }),
      )
      await caughtUp(product.nats)
      await (await jetstreamManager(product.nats)).streams.purge(STREAM, { keep: 1 })
      const client = new Client(natsConn(product.nats))
      const [newest] = await getFeed(product.nats, shop_id)
      const page = client.mirror(`store.${shop_id}.feed?before=${newest?.seq}&limit=10`)
      await page.ready
      expect(JSON.stringify(page.value)).to.include(person)
      const { body } = await erase(person)
      expect(body).to.deep.include({ stream: 1, archive: { events: 2, baskets: 2, incoming_events: 0 } })
      await until("an older page without the person", () => !JSON.stringify(page.value).includes(person))
      client.close()
      expect(await db.collection("events").countDocuments({ shopper_id: person })).to.equal(0)
      const left = await db.collection("baskets").find({ shop_id }).toArray()
      expect(left.map(({ events, lines }) => [events, lines.length])).to.deep.equal([[1, 1]])
      expect(JSON.stringify(left)).not.to.include(person)
      expect((await erase(person)).body.archive).to.deep.equal({ events: 0, baskets: 0, incoming_events: 0 })
    })

    it("says that it is not complete while archivers may still write what was erased", async () => {
      const [shop_id, person] = [randomUUID(), randomUUID()]
      await publish(publishEvent({ shop_id, shopper_id: person }))
      await caughtUp(product.nats)
      await archivers.stop()
      await publish(publishEvent({ shop_id, shopper_id: person }), publishEvent({ shop_id }))
      const early = await erase(person)
      expect(early.status).to.equal(503)
      expect(early.headers.get("retry-after")).to.equal("1")
      await archivers.start()
      await until("the rest", async () => (await erase(person)).status === 200)
      await caughtUp(product.nats)
      expect(await db.collection("events").countDocuments({ shopper_id: person })).to.equal(0)
      expect(await db.collection("events").countDocuments({ shop_id })).to.equal(1)
    })

    it("deletes there what is older than ARCHIVE_MAX_AGE_DAYS, and nothing else", async () => {
      const [old, young] = [new Date(Date.now() - 40 * DAY_MS), new Date(Date.now() - 20 * DAY_MS)]
      const ids = { old: randomUUID(), young: randomUUID() }
      for (const [name, at] of [
        ["old", old],
        ["young", young],
      ] as const) {
        await db.collection<{ _id: string }>("events").insertOne({ _id: ids[name], received_at: at } as never)
        await db.collection<{ _id: string }>("baskets").insertOne({ _id: ids[name], last_at: at } as never)
      }
      const ageing = await archivers.start({ maxAgeDays: 30 })
      const left = async (collection: string): Promise<string[]> => {
        const found = await db
          .collection<{ _id: string }>(collection)
          .find({ _id: { $in: Object.values(ids) } })
          .toArray()
        return found.map(({ _id }) => _id)
      }
      await until("the old ones to be gone", async () => (await left("baskets")).length === 1)
      expect([await left("events"), await left("baskets")]).to.deep.equal([[ids.young], [ids.young]])
      await ageing.stop()
    })

    it("answers 503 while MongoDB is away", async () => {
      const away = await startProduct({ archive: { url: "mongodb://127.0.0.1:1/x", timeoutMs: 200 } })
      try {
        const url = `${away.edgeUrl}/shoppers/${randomUUID()}`
        const { status, body } = await answer(fetch(url, { method: "DELETE" }))
        expect([status, body.detail]).to.deep.equal([503, "Some data may be left; send the request again"])
        const event = publishEvent({ shopper_id: randomUUID() })
        await post(`${away.edgeUrl}/send`, event)
        const again = await answer(fetch(`${away.edgeUrl}/shoppers/${event.shopper_id}`, { method: "DELETE" }))
        expect(again.status).to.equal(503)
        expect(await filesWith(away.natsServer.storeDir, event.shopper_id), "what needs no MongoDB").to.deep.equal([])
      } finally {
        await away.stop()
      }
    })
  })
})
