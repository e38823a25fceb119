import { expect } from "chai"
import { applyRecord, emptyShop, openTotals, type Shop } from "../../../../service/projections/shop.ts"
import { nextChangeAt, shownStats } from "../../../../service/projections/stats.ts"
import { HOUR_0, HOUR_MS, MINUTE_MS, sessionId, TestLog } from "../../../helpers/records.ts"

describe("the figures of a shop", () => {
  let log: TestLog
  let shop: Shop

  beforeEach(() => {
    log = new TestLog()
    shop = emptyShop()
  })

  const send = (fields: Parameters<TestLog["event"]>[0]): void => {
    shop = applyRecord(shop, log.event(fields)).shop
  }
  const shown = (now = log.now) => shownStats(shop.stats, openTotals(shop, now), now)

  it("are zeros for a shop that nobody has used, with 60 minutes and what they cover", () => {
    const { minutes, ...figures } = shown()
    expect(figures).to.deep.equal({
      events: 0,
      baskets_open: 0,
      baskets_checked_out: 0,
      value_open: 0,
      value_checked_out: 0,
      events_last_minute: 0,
      top_products: [],
      since: "2026-02-28T11:00:00.000Z",
    })
    expect(minutes).to.have.length(60)
    expect(minutes[0]).to.deep.equal({ at: "2026-03-01T09:00:00.000Z", events: 0, checkouts: 0, value: 0 })
    expect(minutes[59]?.at).to.equal("2026-03-01T09:59:00.000Z")
  })

  it("count events, open and checked-out baskets, and what these are worth by their lines", () => {
    send({ session_id: sessionId(1), action: "ADD", product_price: 0.1 })
    send({ session_id: sessionId(1), action: "ADD", product_id: 2, product_price: 0.2 })
    send({ session_id: sessionId(2), action: "ADD", product_price: 7.5, basket_total: 99 })
    send({ session_id: sessionId(2), action: "CHECKOUT" })
    expect(shown()).to.include({
      events: 4,
      baskets_open: 1,
      value_open: 0.3,
      baskets_checked_out: 1,
      value_checked_out: 7.5,
      events_last_minute: 4,
    })
  })

  it("forget baskets that are idle, the last minute after a minute, and totals after a day", () => {
    send({ action: "ADD" })
    log.now += MINUTE_MS
    expect(shown()).to.include({ events: 1, baskets_open: 1, events_last_minute: 0 })
    expect(shown(HOUR_0 + 2 * HOUR_MS)).to.include({ events: 1, baskets_open: 0, value_open: 0 })
    expect(shown(HOUR_0 + 24 * HOUR_MS - 1).events).to.equal(1)
    expect(shown(HOUR_0 + 24 * HOUR_MS).events).to.equal(0)
  })

  it("have the last 60 whole minutes, each with its events, checkouts and value", () => {
    send({ action: "ADD", product_price: 2 })
    log.now += MINUTE_MS
    send({ action: "CHECKOUT" })
    expect(shown().minutes.at(-1)).to.include({ events: 1, checkouts: 0, value: 0 })
    log.now += MINUTE_MS
    expect(shown().minutes.slice(-2)).to.deep.equal([
      { at: new Date(HOUR_0).toISOString(), events: 1, checkouts: 0, value: 0 },
      { at: new Date(HOUR_0 + MINUTE_MS).toISOString(), events: 1, checkouts: 1, value: 2 },
    ])
    const later = shown(HOUR_0 + 61 * MINUTE_MS).minutes
    expect([later[0]?.events, later[1]?.events]).to.deep.equal([1, 0])
  })

  it("name the ten products that were added most, not those that were removed", () => {
    for (let product_id = 1; product_id <= 12; product_id++) {
      for (let i = 0; i < product_id; i++) send({ action: "ADD", product_id, product_name: `P${product_id}` })
      send({ action: "REMOVE", product_id: 99 })
    }
    const { top_products } = shown()
    expect(top_products).to.have.length(10)
    expect(top_products[0]).to.deep.equal({ product_id: 12, product_name: "P12", added: 12 })
    expect(top_products.at(-1)).to.deep.equal({ product_id: 3, product_name: "P3", added: 3 })
    expect(shown(log.now + 24 * HOUR_MS).top_products).to.deep.equal([])
  })

  it("are right again after the log's clock was set back, or far ahead for a while", () => {
    send({ action: "ADD" })
    log.now -= 90 * 1000
    send({ action: "ADD" })
    expect(shown(HOUR_0 + MINUTE_MS)).to.include({ events: 2 })
    log.now = HOUR_0 + 1000 * HOUR_MS
    send({ action: "ADD" })
    log.now = HOUR_0 + HOUR_MS
    for (let i = 0; i < 3; i++) send({ action: "ADD" })
    expect(shown()).to.include({ events_last_minute: 4 })
    expect(shown(HOUR_0 + HOUR_MS + MINUTE_MS).minutes.at(-1)?.events).to.equal(3)
  })

  it("change by themselves every second while there are events of the last minute, else every minute", () => {
    send({ action: "ADD" })
    expect(nextChangeAt(shop.stats, HOUR_0 + 10_500)).to.equal(HOUR_0 + 11_500)
    expect(nextChangeAt(shop.stats, HOUR_0 + 61_500)).to.equal(HOUR_0 + 2 * MINUTE_MS)
    expect(nextChangeAt(emptyShop().stats, HOUR_0)).to.equal(HOUR_0 + MINUTE_MS)
  })
})
