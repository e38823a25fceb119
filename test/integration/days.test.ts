import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import type { Day } from "../../contract/day.ts"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { STREAM } from "../../service/log/stream.ts"
import { storedSubject } from "../../service/log/subjects.ts"
import { ZoneClock } from "../../service/projections/zone-clock.ts"
import { BUCKET as SNAPSHOTS } from "../../service/store/snapshots.ts"
import { caughtUp } from "../helpers/archive.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type ClientCollection, type ClientModel, useClients } from "../helpers/res-client.ts"
import { ServiceProcess, type ServiceProcessOptions } from "../helpers/service-process.ts"
import { until } from "../helpers/until.ts"
import { useArchivedProduct } from "../helpers/use-archive.ts"

const clock = new ZoneClock("UTC")

/** Zones whose dates always differ: 25 hours lie between them. */
const [EAST, WEST] = ["Pacific/Kiritimati", "Pacific/Pago_Pago"] as const

/** Longer than a test takes, in ms. */
const NEAR_MS = 50_000

/** Waits until midnight is over in each zone if it is near: a test asks more than once what date it is. */
async function awayFromMidnight(): Promise<void> {
  const clocks = ["UTC", EAST, WEST].map((zone) => new ZoneClock(zone))
  await until("no date to end soon", () => {
    const now = Date.now()
    return clocks.every((each) => each.endOf(each.dateAt(now)) - now > NEAR_MS)
  })
}

describe("a shop's days", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  beforeEach(awayFromMidnight)

  const today = (zone = "UTC"): string => new ZoneClock(zone).dateAt(Date.now())
  const publish = async (event: PublishEvent): Promise<number> =>
    Number((await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)).headers.get("x-event-seq"))
  const request = (rid: string, payload: object = {}) => resRequest(product.nats, `get.store.${rid}`, payload)
  const setProfile = (shopId: string, params: object) =>
    resRequest(product.nats, `call.store.${shopId}.profile.set`, { params, cid: "test" })
  const dayOf = async (shopId: string, date = today()): Promise<Day> => {
    const answer = await fetch(`${gateway.url}/api/store/${shopId}/day/${date}`)
    expect(answer.status).to.equal(200)
    return (await answer.json()) as Day
  }
  const datesOf = async (shopId: string, query?: string): Promise<string[]> => {
    const { result } = await request(`${shopId}.days`, query === undefined ? {} : { query })
    return result.collection.map(({ rid }: { rid: string }) => rid.replace(`store.${shopId}.day.`, ""))
  }

  /** Two apples and a pear, checked out. Returns the sequence of the checkout. */
  async function buy(shop_id: string): Promise<number> {
    const event = publishEvent({ shop_id, session_id: randomUUID(), product_price: 0.1, basket_total: 0.4 })
    await publish(event)
    await publish(event)
    await publish({ ...event, product_id: 2, product_name: "Pear", product_price: 0.2 })
    return await publish({ ...event, action: "CHECKOUT" })
  }

  const bought = { orders: 1, sales: 0.4, items: 3, baskets: 1, events: 4 }

  it("have zeros for a shop that nobody has used, and for days without events", async () => {
    const shopId = randomUUID()
    const date = "2026-03-29"
    await setProfile(shopId, { time_zone: "Europe/Berlin" })
    expect(await dayOf(shopId, date)).to.deep.equal({
      date,
      time_zone: "Europe/Berlin",
      starts_at: "2026-03-28T23:00:00.000Z",
      ends_at: "2026-03-29T22:00:00.000Z",
      orders: 0,
      sales: 0,
      items: 0,
      baskets: 0,
      abandoned: 0,
      abandoned_value: 0,
      events: 0,
      slices: [],
      top_products: [],
      seq: 0,
      as_of: "2026-03-28T23:00:00.000Z",
    })
  })

  it("count what happened that day, in exact decimals, and no other shop's", async () => {
    const shopId = randomUUID()
    await buy(randomUUID())
    const before = Date.now()
    const seq = await buy(shopId)
    const day = await dayOf(shopId)
    expect(day).to.deep.include({ date: today(), time_zone: "UTC", ...bought, abandoned: 0, seq })
    expect(Date.parse(day.as_of)).to.be.within(before - 1000, Date.now() + 1000)
    expect(day.slices).to.have.length(1)
    expect(day.slices[0]).to.include({ orders: 1, sales: 0.4 })
    const minute = clock.minuteAt(Date.parse(day.as_of))
    const [hours = 0, minutes = 0] = day.slices[0]?.at.split(":").map(Number) ?? []
    expect(hours * 60 + minutes).to.equal(minute - (minute % 5))
    expect(day.top_products).to.deep.equal([
      { product_id: 500100, product_name: "FUJI Apples", added: 2, sold: 2, value: 0.2 },
      { product_id: 2, product_name: "Pear", added: 1, sold: 1, value: 0.2 },
    ])
    await buy(shopId)
    await until("the second order", async () => (await dayOf(shopId)).orders === 2)
    expect(await dayOf(shopId)).to.include({ sales: 0.8, items: 6, baskets: 2, events: 8 })
  })

  it("come to resclient as references, and today's change there, at most once a second", async () => {
    const shopId = randomUUID()
    const client = newClient()
    const list = await client.get<ClientCollection<ClientModel<Day>>>(`store.${shopId}.days`)
    expect(list.length).to.equal(1)
    const [day] = list
    let changes = 0
    const begin = performance.now()
    day?.on("change", () => changes++)
    list.on("add", () => {})
    expect(day?.props).to.include({ date: today(), orders: 0 })
    await Promise.all(Array.from({ length: 20 }, () => buy(shopId)))
    await until("all orders on the screen", () => day?.props.orders === 20)
    expect(day?.props).to.include({ sales: 8, items: 60, baskets: 20, events: 80 })
    await until("the screen to be as a fresh get is", async () => {
      const { result } = await request(`${shopId}.day.${today()}`)
      return result.model.seq === day?.props.seq
    })
    expect(changes).to.be.at.most(2 + (performance.now() - begin) / 1000)
  })

  it("are listed from a date to another, both included, in order of time; without dates today", async () => {
    const shopId = randomUUID()
    expect(await datesOf(shopId)).to.deep.equal([today()])
    expect(await datesOf(shopId, "from=2026-02-27&to=2026-03-02")).to.deep.equal([
      "2026-02-27",
      "2026-02-28",
      "2026-03-01",
      "2026-03-02",
    ])
    expect(await datesOf(shopId, "from=2026-03-29&to=2026-03-29")).to.deep.equal(["2026-03-29"])
    expect(await datesOf(shopId, "from=2026-01-01&to=2026-04-02")).to.have.length(92)
  })

  it("answer system.invalidQuery to dates that are none, in the wrong order, one alone, or too many", async () => {
    const shopId = randomUUID()
    const wrong = {
      "from=2026-02-29&to=2026-03-01": "from",
      "from=2026-03-01&to=tomorrow": "to",
      "from=2026-03-02&to=2026-03-01": "to",
      "from=2026-01-01&to=2026-04-03": "to",
      "from=2026-03-01": "to",
      "to=2026-03-01": "from",
      "from=1999-12-31&to=2000-01-01": "from",
    }
    for (const [query, field] of Object.entries(wrong)) {
      const { error } = await request(`${shopId}.days`, { query })
      expect(error?.code, query).to.equal("system.invalidQuery")
      const { errors } = Object(error?.data) as { errors?: { path: string[]; message: string }[] }
      expect(errors?.[0]?.path, query).to.deep.equal([field])
      expect(errors?.[0]?.message).to.match(/^expected /)
    }
    for (const date of ["2026-02-29", "2026-3-1", "today", "20260301"])
      expect((await request(`${shopId}.day.${date}`)).error?.code, date).to.equal("system.notFound")
  })

  it("are the same after a restart, and made again from the log alone", async () => {
    const shopId = randomUUID()
    await buy(shopId)
    const day = await dayOf(shopId)
    expect(day).to.include(bought)
    await product.restartService()
    expect(await dayOf(shopId)).to.deep.equal(day)
  })

  it("are the same when they come from a snapshot and a stored day, and when these are lost", async () => {
    const shopId = randomUUID()
    await buy(shopId)
    for (let i = 0; i < 3; i++) await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(500, shopId))
    const day = await dayOf(shopId)
    expect(day.events).to.equal(1504)
    const jsm = await jetstreamManager(product.nats)
    const stored = async (stream: string): Promise<number> =>
      Object.keys((await jsm.streams.info(stream, { subjects_filter: `*.*.*.${shopId}.>` })).state.subjects ?? {})
        .length
    await until("the day to be stored", async () => (await stored("KV_days")) === 2)
    await buy(shopId)
    await until("the order after it", async () => (await dayOf(shopId)).orders === 2)
    const after = await dayOf(shopId)
    expect(after).to.include({ events: 1508, sales: 0.8 })
    await product.restartService()
    expect(await dayOf(shopId), "from the snapshot").to.deep.equal(after)
    await jsm.streams.delete("KV_days")
    await until("the bucket to be made again", async () =>
      (await jsm.streams.list().next()).some(({ config }) => config.name === "KV_days"),
    )
    await until("the day to be made again", async () => (await dayOf(shopId)).events === 1508)
    expect(await dayOf(shopId), "without stored days").to.deep.equal(after)
    await product.restartService()
    expect(await dayOf(shopId), "made again once").to.deep.equal(after)
    await jsm.streams.delete(`KV_${SNAPSHOTS}`)
    await product.restartService()
    expect(await dayOf(shopId), "without snapshots").to.deep.equal(after)
  })

  it("are those of the shop's time zone: another zone has them on another date", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { time_zone: EAST })
    await buy(shopId)
    const [east, west] = [today(EAST), today(WEST)]
    expect(await dayOf(shopId, east)).to.include({ time_zone: EAST, ...bought })
    expect(await dayOf(shopId, west)).to.include({ orders: 0, events: 0 })
    const client = newClient()
    const list = await client.get<ClientCollection<ClientModel<Day>>>(`store.${shopId}.days`)
    list.on("add", () => {})
    await setProfile(shopId, { time_zone: WEST })
    await until("the other date on the screen", () => [...list][0]?.props.date === west)
    await until("its figures", () => [...list][0]?.props.orders === 1)
    expect(await dayOf(shopId, west)).to.include({ time_zone: WEST, ...bought })
    await until("the former date to be empty at the gateway, too", async () => {
      const { orders, events } = await dayOf(shopId, east)
      return orders === 0 && events === 0
    })
    await buy(shopId)
    await until("the next order on the screen", () => [...list][0]?.props.orders === 2)
    await product.restartService()
    expect(await dayOf(shopId, west)).to.include({ orders: 2, sales: 0.8 })
  })

  it("count a basket as abandoned when the shop's time for that is over, and no more when its shopper comes back", async () => {
    const shopId = randomUUID()
    await setProfile(shopId, { abandoned_after_s: 1 })
    const day = await newClient().get<ClientModel<Day>>(`store.${shopId}.day.${today()}`)
    day.on("change", () => {})
    const event = publishEvent({ shop_id: shopId, session_id: randomUUID(), product_price: 1.5 })
    await publish(event)
    await until("the basket to be abandoned", () => day.props.abandoned === 1)
    expect(day.props).to.include({ abandoned_value: 1.5, baskets: 1, orders: 0 })
    expect(Date.parse(day.props.as_of)).to.be.at.most(Date.now() + 1000)
    await setProfile(shopId, { abandoned_after_s: 3600 })
    await until("the longer time to count", () => day.props.abandoned === 0 && day.props.abandoned_value === 0)
    await setProfile(shopId, { abandoned_after_s: 2 })
    await until("the shorter time to count", () => day.props.abandoned === 1)
    await publish({ ...event, action: "CHECKOUT" })
    await until("the order instead of it", () => day.props.orders === 1 && day.props.abandoned === 0)
    expect(day.props).to.include({ sales: 1.5, abandoned_value: 0 })
    expect(await dayOf(shopId)).to.deep.equal(day.props)
  })

  it("keep their figures when a shopper is erased, and name no person and no basket", async () => {
    const shopId = randomUUID()
    const shopper_id = randomUUID()
    const session_id = randomUUID()
    const event = publishEvent({ shop_id: shopId, session_id, shopper_id, product_price: 2 })
    await publish(event)
    await publish({ ...event, action: "CHECKOUT" })
    await buy(shopId)
    const before = await dayOf(shopId)
    expect(before).to.include({ orders: 2, sales: 2.4, events: 6 })
    const { result } = await resRequest(product.nats, "call.shopwire.shoppers.erase", { params: { shopper_id } })
    expect(result).to.include({ shops: 1, stream: 2 })
    expect(await dayOf(shopId)).to.deep.equal(before)
    await product.restartService()
    expect(await dayOf(shopId)).to.deep.equal(before)
    await buy(shopId)
    await until("the next order", async () => (await dayOf(shopId)).orders === 3)
    const jsm = await jetstreamManager(product.nats)
    const key = `*.*.*.${shopId}.${today()}`
    const { state } = await jsm.streams.info("KV_days", { subjects_filter: key })
    const [subject = ""] = Object.keys(state.subjects ?? {})
    const text = (await jsm.streams.getMessage("KV_days", { last_by_subj: subject }))?.string() ?? ""
    expect(text).to.include("FUJI Apples")
    for (const name of [shopper_id, session_id]) expect(text).not.to.include(name)
  })
})

describe("a shop's days, with services in processes of their own", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const services = new Set<ServiceProcess>()

  const start = async (clock: Omit<ServiceProcessOptions, "natsPort"> = {}): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start({ natsPort: product.natsServer.port, ...clock })
    services.add(service)
    return service
  }
  const end = async (service: ServiceProcess, signal?: "SIGTERM" | "SIGKILL"): Promise<void> => {
    services.delete(service)
    await service.end(signal)
  }

  beforeEach(async () => {
    await awayFromMidnight()
    await product.stopService()
  })
  afterEach(async () => {
    for (const service of services) await end(service)
  })

  /** Publishes until it is acknowledged, once. */
  const publish = async (event: PublishEvent): Promise<void> => {
    const headers = { "Idempotency-Key": randomUUID() }
    await until("an acknowledgement", async () => {
      const tried = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event, headers).catch(() => undefined)
      return tried?.status === 200
    })
  }

  const buy = async (shop_id: string): Promise<void> => {
    const event = publishEvent({ shop_id, session_id: randomUUID(), product_price: 1.25 })
    await publish(event)
    await publish({ ...event, action: "CHECKOUT" })
  }

  it("lose no order, and count none twice, when their owner is killed", async () => {
    const pair = await Promise.all([start(), start()])
    await until("two owners", () => pair.every(({ shards }) => shards > 0))
    const shops = Array.from({ length: 6 }, () => randomUUID())
    const watched = await Promise.all(
      shops.map((shopId) => newClient().get<ClientCollection<ClientModel<Day>>>(`store.${shopId}.days`)),
    )
    for (const list of watched) list.on("add", () => {})
    const shown = (i: number): Day | undefined => [...(watched[i] ?? [])][0]?.props
    for (let round = 1; round <= 3; round++) {
      await Promise.all(shops.map((shopId) => buy(shopId)))
      if (round === 2) await end(pair[0])
      await until(`round ${round} on all screens`, () => shops.every((_, i) => shown(i)?.orders === round))
    }
    await start()
    for (const [i, shopId] of shops.entries()) {
      const fresh = await until(`a fresh get of ${shopId}`, async () => {
        const answer = await fetch(`${gateway.url}/api/store/${shopId}/day/${shown(i)?.date}`)
        return answer.status === 200 ? ((await answer.json()) as Day) : undefined
      })
      expect(fresh).to.include({ orders: 3, sales: 3.75, baskets: 3, events: 6, items: 3 })
      expect(shown(i)).to.deep.equal(fresh)
    }
  })

  it("become others at midnight: the list has the next date, which begins with zeros", async () => {
    const DAY_MS = 24 * 60 * 60 * 1000
    const tomorrow = new ZoneClock("UTC").endOf(clock.dateAt(Date.now()))
    // So long before midnight that it cannot come by itself.
    const beforeMs = 10 * 60 * 1000
    const service = await start({ clockAheadMs: tomorrow - Date.now() - beforeMs, clockStepMs: beforeMs })
    const shopId = randomUUID()
    await publish(publishEvent({ shop_id: shopId }))
    const list = await newClient().get<ClientCollection<ClientModel<Day>>>(`store.${shopId}.days`)
    const seen: string[] = []
    list.on("add", ({ item }) => seen.push(item.props.date))
    const [before, after] = [tomorrow - DAY_MS, tomorrow].map((time) => clock.dateAt(time))
    expect([...list][0]?.props).to.include({ date: before, events: 1 })
    service.signal("SIGUSR2")
    await until("midnight", () => seen.length > 0)
    expect(seen).to.deep.equal([after])
    expect([...list].map(({ props }) => props.date)).to.deep.equal([after])
    expect([...list][0]?.props).to.include({ orders: 0, events: 0, seq: 0 })
  })
})

describe("a shop's days, with an archive", () => {
  const { product } = useArchivedProduct()
  beforeEach(awayFromMidnight)

  it("are made again for another zone from the archive, too, when the log has dropped their events", async () => {
    const shopId = randomUUID()
    const buy = async (price: number): Promise<void> => {
      const event = publishEvent({ shop_id: shopId, session_id: randomUUID(), product_price: price })
      for (const action of ["ADD", "CHECKOUT"])
        expect((await post(`${product.edgeUrl}/publish/${shopId}`, { ...event, action })).status).to.equal(200)
    }
    const dayOf = async (date: string): Promise<Day> =>
      (await resRequest(product.nats, `get.store.${shopId}.day.${date}`)).result.model
    const dateIn = (zone: string): string => new ZoneClock(zone).dateAt(Date.now())
    const setZone = (time_zone: string) =>
      resRequest(product.nats, `call.store.${shopId}.profile.set`, { params: { time_zone }, cid: "test" })
    for (let i = 1; i <= 3; i++) await buy(i)
    expect(await dayOf(dateIn("UTC"))).to.include({ orders: 3, sales: 6 })
    await caughtUp(product.nats)
    const jsm = await jetstreamManager(product.nats)
    // The last order is all that the log keeps.
    await jsm.streams.purge(STREAM, { filter: storedSubject(shopId), keep: 2 })
    for (const zone of [EAST, WEST]) {
      await setZone(zone)
      expect(await dayOf(dateIn(zone)), zone).to.include({ time_zone: zone, orders: 3, sales: 6, items: 3, events: 6 })
    }
    await product.restartService()
    expect(await dayOf(dateIn(WEST))).to.include({ orders: 3, sales: 6 })
    await buy(4)
    await until("the next order", async () => (await dayOf(dateIn(WEST))).sales === 10)
  })
})
