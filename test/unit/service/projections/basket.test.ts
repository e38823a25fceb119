import { expect } from "chai"
import {
  applyToBasket,
  type Basket,
  IDLE_AFTER_MS,
  MAX_LINES,
  shownBasket,
} from "../../../../service/projections/basket.ts"
import { applyRecord, emptyShop, type Shop } from "../../../../service/projections/shop.ts"
import { HOUR_0, MINUTE_MS, sessionId, TestLog } from "../../../helpers/records.ts"

const apple = { product_id: 1, product_name: "Apple", UPC: "u1", category_id: "fruit", product_price: 0.1 }
const pear = { product_id: 2, product_name: "Pear", UPC: "u2", category_id: "fruit", product_price: 0.2 }

describe("a basket", () => {
  let log: TestLog
  let shop: Shop

  beforeEach(() => {
    log = new TestLog()
    shop = emptyShop()
  })

  const take = (record: Parameters<typeof applyRecord>[1]): void => {
    shop = applyRecord(shop, record).shop
  }
  const send = (fields: Parameters<TestLog["event"]>[0]): void => take(log.event(fields))
  const shown = (now = log.now) => shownBasket(shop.baskets.get(sessionId(1)) as Basket, now)
  const lines = () => shown().lines.map(({ product_name, quantity }) => `${quantity} ${product_name}`)

  it("gets one of a product by ADD, and loses one by REMOVE, whatever their case", () => {
    send({ action: "ADD", ...apple })
    send({ action: "add", ...pear })
    send({ action: " Add ", ...apple })
    expect(lines()).to.deep.equal(["2 Apple", "1 Pear"])
    send({ action: "remove", ...apple })
    send({ action: "REMOVE", ...pear })
    expect(lines()).to.deep.equal(["1 Apple"])
    expect(shown()).to.include({ item_count: 1, events: 5, last_action: "REMOVE", last_seq: 5, status: "open" })
  })

  it("shows all of a line, with the price of the last ADD", () => {
    send({ action: "ADD", ...apple })
    send({ action: "ADD", ...apple, product_name: "Apple, red", product_price: 0.15 })
    const line = { ...apple, product_name: "Apple, red" }
    const { product_price: _, ...texts } = line
    expect(shown().lines).to.deep.equal([{ ...texts, quantity: 2, unit_price: 0.15, line_total: 0.3 }])
  })

  it("belongs to the shared session that an event named last, until its next opening or null", () => {
    send({ action: "ADD", ...apple })
    expect(shown()).not.to.have.property("shared_session")
    send({ action: "ADD", ...apple, shared_session: "party" })
    send({ action: "CHECKOUT" })
    expect(shown().shared_session).to.equal("party")
    send({ action: "CHECKOUT" })
    expect(shown().shared_session).to.equal("party")
    send({ action: "ADD", ...apple })
    expect(shown()).not.to.have.property("shared_session")
    send({ action: "ADD", ...apple, shared_session: "party" })
    send({ action: "ADD", ...apple, shared_session: null })
    expect(shown()).not.to.have.property("shared_session")
  })

  it("counts what changes no line as activity: the REMOVE of what is not in it, and any other action", () => {
    send({ action: "ADD", ...apple })
    log.now += MINUTE_MS
    send({ action: "REMOVE", ...pear })
    send({ action: "WISHLIST", ...pear })
    expect(lines()).to.deep.equal(["1 Apple"])
    expect(shown()).to.include({
      events: 3,
      last_action: "WISHLIST",
      first_at: new Date(HOUR_0).toISOString(),
      last_at: new Date(HOUR_0 + MINUTE_MS).toISOString(),
    })
  })

  it("adds up without floating noise, and tells when the total that was sent is another one", () => {
    send({ action: "ADD", ...apple, basket_total: 0.1 })
    send({ action: "ADD", ...pear, basket_total: 0.1 + 0.2 })
    expect(shown()).to.include({ total: 0.3, basket_total: 0.1 + 0.2, drift: false })
    send({ action: "VIEW", basket_total: 0.31 })
    expect(shown()).to.include({ total: 0.3, basket_total: 0.31, drift: true })
  })

  it("adds up in the precision of its prices: three lines of 1.255 make 3.765", () => {
    for (const product_id of [1, 2, 3]) {
      send({ ...apple, action: "ADD", product_id, product_price: 1.255, basket_total: 3.765 })
    }
    expect(shown()).to.include({ total: 3.765, basket_total: 3.765, drift: false })
    expect(shown().lines.map(({ line_total }) => line_total)).to.deep.equal([1.255, 1.255, 1.255])
    send({ action: "CHECKOUT", basket_total: 3.765 })
    expect(shop.stats.hours[0]).to.include({ value: 3.765 })
  })

  it("takes no coupon and no rounding to cents for drift, but an event that is missing", () => {
    for (let i = 0; i < 3; i++) send({ action: "ADD", ...apple, product_price: 1.255 })
    // 3.00: a coupon · 3.76, 3.77: the sum is rounded · 3.78: each price is
    for (const basket_total of [0, 3, 3.76, 3.77, 3.78]) {
      send({ action: "VIEW", basket_total })
      expect(shown().drift, `${basket_total}`).to.equal(false)
    }
    for (const basket_total of [3.8, 5.02]) {
      send({ action: "VIEW", basket_total })
      expect(shown().drift, `${basket_total}`).to.equal(true)
    }
  })

  it("is checked out by CHECKOUT with its lines; the next event opens an empty one", () => {
    send({ action: "ADD", ...apple })
    send({ action: "CHECKOUT", ...apple })
    expect(shown()).to.include({ status: "checked_out", item_count: 1 })
    log.now += MINUTE_MS
    send({ action: "ADD", ...pear })
    expect(lines()).to.deep.equal(["1 Pear"])
    expect(shown()).to.include({ status: "open", events: 1, first_at: new Date(log.now).toISOString() })
  })

  it("stays checked out by a second CHECKOUT, which counts once", () => {
    send({ action: "ADD", ...apple })
    send({ action: "CHECKOUT" })
    send({ action: "CHECKOUT" })
    expect(shown()).to.include({ status: "checked_out", item_count: 1, events: 3 })
    expect(shop.stats.hours[0]).to.include({ checkouts: 1, value: 0.1 })
  })

  it("is idle after two hours, and goes on with its lines when the shopper is back", () => {
    send({ action: "ADD", ...apple })
    expect(shown(log.now + IDLE_AFTER_MS - 1).status).to.equal("open")
    expect(shown(log.now + IDLE_AFTER_MS).status).to.equal("idle")
    log.now += IDLE_AFTER_MS
    send({ action: "ADD", ...pear })
    expect(lines()).to.deep.equal(["1 Apple", "1 Pear"])
    expect(shown()).to.include({ status: "open", events: 2, first_at: new Date(HOUR_0).toISOString() })
    expect(shop.baskets.get(sessionId(1))?.openedSeq).to.equal(2)
  })

  it("stays acknowledged while it goes on, the last one counts, and no longer when it is opened anew", () => {
    send({ action: "ADD", ...apple })
    expect(shown()).to.include({ acknowledged_by: null, acknowledged_at: null })
    take(log.work(sessionId(1), "Ann"))
    log.now += MINUTE_MS
    take(log.work(sessionId(1), "Bob"))
    send({ action: "ADD", ...pear })
    expect(shown()).to.include({ acknowledged_by: "Bob", acknowledged_at: new Date(log.now).toISOString(), events: 2 })
    send({ action: "CHECKOUT" })
    expect(shown().acknowledged_by).to.equal("Bob")
    send({ action: "ADD", ...pear })
    expect(shown().acknowledged_by).to.equal(null)
    take(log.work(sessionId(1), "Ann"))
    log.now += IDLE_AFTER_MS
    send({ action: "ADD", ...pear })
    expect(shown().acknowledged_by).to.equal(null)
  })

  it("is not touched by an acknowledgement: neither when it was active last, nor by how many events", () => {
    send({ action: "ADD", ...apple })
    send({ session_id: sessionId(2), action: "ADD", ...apple })
    log.now += MINUTE_MS
    take(log.work(sessionId(1), "Ann"))
    take(log.work(sessionId(9), "Ann"))
    expect(shown()).to.include({ events: 1, last_seq: 1, last_at: new Date(HOUR_0).toISOString() })
    expect([...shop.baskets.keys()]).to.deep.equal([sessionId(1), sessionId(2)])
  })

  it("is released whoever has claimed it, and can be claimed again", () => {
    send({ action: "ADD", ...apple })
    take(log.work(sessionId(1), "Ann"))
    take(log.work(sessionId(1), "Bob", "release"))
    expect(shown()).to.include({ acknowledged_by: null, acknowledged_at: null })
    take(log.work(sessionId(1), "Bob", "release"))
    take(log.work(sessionId(1), "Bob"))
    expect(shown().acknowledged_by).to.equal("Bob")
  })

  it("is done until that is taken back, and keeps who claimed it", () => {
    send({ action: "ADD", ...apple })
    send({ action: "CHECKOUT" })
    take(log.work(sessionId(1), "Ann"))
    log.now += MINUTE_MS
    take(log.work(sessionId(1), "Bob", "complete"))
    const done = { acknowledged_by: "Ann", done_by: "Bob", done_at: new Date(log.now).toISOString() }
    expect(shown()).to.include({ ...done, status: "checked_out", events: 2, last_seq: 2 })
    send({ action: "CHECKOUT" })
    expect(shown()).to.include(done)
    take(log.work(sessionId(1), "Ann", "reopen"))
    expect(shown()).to.include({ acknowledged_by: "Ann", done_by: null, done_at: null })
  })

  it("is not done any more when it is checked out or opened again, and an order keeps its claim", () => {
    send({ action: "ADD", ...apple })
    take(log.work(sessionId(1), "Ann"))
    take(log.work(sessionId(1), "Ann", "complete"))
    send({ action: "ADD", ...pear })
    expect(shown().done_by).to.equal("Ann")
    send({ action: "CHECKOUT" })
    expect(shown()).to.include({ acknowledged_by: "Ann", done_by: null })
    take(log.work(sessionId(1), "Ann", "complete"))
    send({ action: "ADD", ...pear })
    expect(shown()).to.include({ acknowledged_by: null, done_by: null })
  })

  it("names the CHECKOUT that closed it, not a repetition, until it is opened again", () => {
    send({ action: "ADD", ...apple })
    expect(shown()).to.include({ checked_out_at: null, checkout_seq: null })
    log.now += MINUTE_MS
    send({ action: "CHECKOUT" })
    const order = { checked_out_at: new Date(log.now).toISOString(), checkout_seq: 2 }
    log.now += MINUTE_MS
    send({ action: "checkout" })
    expect(shown()).to.include({ ...order, last_seq: 3 })
    send({ action: "ADD", ...apple })
    expect(shown()).to.include({ checked_out_at: null, checkout_seq: null })
    send({ action: "CHECKOUT" })
    expect(shown().checkout_seq).to.equal(5)
  })

  it("has at most 200 lines, and cuts long texts: the largest is far from what a NATS message may have", () => {
    const long = "\u0001".repeat(2000)
    let basket: Basket | undefined
    for (let product_id = 1; product_id <= MAX_LINES + 1; product_id++) {
      const record = log.event({ action: "ADD", product_id, product_name: long, UPC: long, category_id: long })
      if ("event" in record) basket = applyToBasket(basket, record.event)
    }
    const model = shownBasket(basket as Basket, log.now)
    expect(model.lines).to.have.length(MAX_LINES)
    expect(model.events).to.equal(MAX_LINES + 1)
    expect(model.lines[0]?.product_name).to.have.length(200)
    expect(Buffer.byteLength(JSON.stringify(model))).to.be.below(512 * 1024)
  })

  it("cuts no character in two", () => {
    send({ action: "ADD", ...apple, product_name: `${"x".repeat(198)}🍎🍎` })
    expect(shown().lines[0]?.product_name).to.equal(`${"x".repeat(198)}…`)
  })
})
