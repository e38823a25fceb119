import { expect } from "chai"
import fc from "fast-check"
import type { Day as ShownDay } from "../../../../contract/day.ts"
import type { PublishEvent } from "../../../../contract/publish-event.ts"
import type { LogRecord } from "../../../../service/log/entry.ts"
import {
  applyToDay,
  byDate,
  type Day,
  type DayRecord,
  emptyDay,
  nothingAbandoned,
  shownDay,
} from "../../../../service/projections/day.ts"
import { abandonedBetween, applyRecord, emptyShop, type Shop } from "../../../../service/projections/shop.ts"
import { ZoneClock } from "../../../../service/projections/zone-clock.ts"
import { readDay, writeDay } from "../../../../service/store/day-entry.ts"
import { readSnapshot, writeSnapshot } from "../../../../service/store/shop-snapshot.ts"
import { HOUR_MS, MINUTE_MS, sessionId, TestLog, TestPlaces } from "../../../helpers/records.ts"

const LOG = "2026-01-01T00:00:00Z"
const UTC = { log: LOG, zone: "UTC" }
const IDLE_MS = 2 * HOUR_MS

/** A shop and all its days, as one projection. */
interface State {
  shop: Shop
  readonly days: Map<string, Day>
}

function apply({ shop, days }: State, clock: ZoneClock, record: LogRecord): State {
  const change = applyRecord(shop, record)
  if (change.day !== undefined)
    for (const [date, own] of byDate(clock, change.day))
      days.set(date, applyToDay(days.get(date) ?? emptyDay(), clock, own))
  return { shop: change.shop, days }
}

const replay = (clock: ZoneClock, records: readonly LogRecord[], from = start()): State =>
  records.reduce((state, record) => apply(state, clock, record), from)

const start = (): State => ({ shop: emptyShop(), days: new Map() })

/** As it is after it was stored and read again. */
function restored({ shop, days }: State, zone: string): State {
  const stored = [...days].map(
    ([date, day]) => [date, readDay(writeDay(day, { log: LOG, zone }), { log: LOG, zone }) as Day] as const,
  )
  return { shop: readSnapshot(writeSnapshot(shop, LOG), LOG) as Shop, days: new Map(stored) }
}

/** All days as they are shown at a time. */
function shown({ shop, days }: State, clock: ZoneClock, now: number): readonly ShownDay[] {
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, day]) =>
      shownDay(day, clock, date, abandonedBetween(shop, clock.startOf(date), clock.endOf(date), now, IDLE_MS)),
    )
}

const action = fc.record({
  action: fc.constantFrom("ADD", "ADD", "ADD", "REMOVE", "CHECKOUT", "look"),
  product: fc.integer({ min: 1, max: 4 }),
  session: fc.integer({ min: 1, max: 3 }),
  /** Time since the action before. */
  pauseMs: fc.constantFrom(1000, MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 9 * HOUR_MS, 26 * HOUR_MS),
})
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

function fieldsOf({ action, product, session }: Action): Partial<PublishEvent> {
  const price = [0.1, 0.2, 1.255, 19.99][product - 1] ?? 0
  return {
    session_id: sessionId(session),
    action,
    product_id: product,
    product_name: `Product ${product}`,
    product_price: price,
  }
}

/** A log of actions, those of a producer in any order. `order`: of the requests, each with one action. */
function logOf(actions: readonly Action[], order: readonly number[], begin: number): TestLog {
  const log = new TestLog()
  log.now = begin
  const places = new TestPlaces("phone")
  for (const index of order) {
    const each = actions[index]
    if (each === undefined) continue
    log.now += each.pauseMs
    log.event(fieldsOf(each), places.place(index + 1))
  }
  return log
}

/** An order that is nearly that of the producer. */
const ordered = fc.array(action, { minLength: 1, maxLength: 40 }).chain((actions) =>
  fc.record({
    actions: fc.constant(actions),
    order: fc
      .array(fc.integer({ min: 0, max: 6 }), { minLength: actions.length, maxLength: actions.length })
      .map((delays) =>
        delays
          .map((delay, i) => ({ i, at: i + delay }))
          .sort((a, b) => a.at - b.at || a.i - b.i)
          .map(({ i }) => i),
      ),
    zone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    /** The beginning of the log: two of them just before clocks are changed. */
    begin: fc.constantFrom(Date.UTC(2026, 2, 28, 20), Date.UTC(2026, 9, 24, 20), Date.UTC(2026, 5, 1)),
  }),
)

describe("the figures of a shop's days", () => {
  it("are the same when the log is replayed in one piece, in parts, from snapshots, and partly twice", () => {
    fc.assert(
      fc.property(ordered, fc.array(fc.nat(40), { maxLength: 4 }), ({ actions, order, zone, begin }, cuts) => {
        const clock = new ZoneClock(zone)
        const log = logOf(actions, order, begin)
        const whole = replay(clock, log.records)
        let parts = start()
        let done = 0
        for (const cut of [...cuts, log.records.length].toSorted((a, b) => a - b)) {
          parts = restored(replay(clock, log.records.slice(done, cut), parts), zone)
          done = Math.min(cut, log.records.length)
        }
        // The days of a killed owner may be further than its snapshot: what follows is replayed, and counts once.
        const half = Math.floor(log.records.length / 2)
        const twice = replay(clock, log.records, {
          shop: emptyShop(),
          days: replay(clock, log.records.slice(0, half)).days,
        })
        const now = log.now + HOUR_MS
        expect(shown(parts, clock, now)).to.deep.equal(shown(whole, clock, now))
        expect(shown(twice, clock, now)).to.deep.equal(shown(whole, clock, now))
      }),
    )
  })

  it("add up to the same orders, items and sales in whatever order a producer's requests arrive", () => {
    fc.assert(
      fc.property(ordered, ({ actions, order, begin }) => {
        const clock = new ZoneClock("UTC")
        // All within one day, so that no pause makes a basket idle, which depends on when the log gets what.
        const brief = actions.map((each) => ({ ...each, pauseMs: 1000 }))
        const totals = (log: TestLog) => {
          const [day, ...others] = shown(replay(clock, log.records), clock, log.now)
          expect(others).to.deep.equal([])
          const { orders, sales, items, baskets, events, top_products } = day as ShownDay
          return { orders, sales, items, baskets, events, top_products }
        }
        expect(totals(logOf(brief, order, begin))).to.deep.equal(totals(logOf(brief, [...actions.keys()], begin)))
      }),
    )
  })

  it("have their orders' sales as exact decimals, and by slices and products the same sums", () => {
    fc.assert(
      fc.property(ordered, ({ actions, order, zone, begin }) => {
        const clock = new ZoneClock(zone)
        const log = logOf(actions, order, begin)
        for (const day of shown(replay(clock, log.records), clock, log.now)) {
          const milli = (amounts: readonly number[]): number =>
            amounts.reduce((sum, amount) => sum + Math.round(amount * 1000), 0)
          expect(milli([day.sales]) / 1000, "no more than three decimals").to.equal(day.sales)
          expect(milli(day.slices.map(({ sales }) => sales))).to.equal(milli([day.sales]))
          expect(milli(day.top_products.map(({ value }) => value))).to.equal(milli([day.sales]))
          expect(day.slices.reduce((sum, { orders }) => sum + orders, 0)).to.equal(day.orders)
          expect(day.top_products.reduce((sum, { sold }) => sum + sold, 0)).to.equal(day.items)
        }
      }),
    )
  })

  it("count an event after midnight for the next day, by the shop's clock, also on days of 23 and 25 hours", () => {
    for (const [zone, date, hours] of [
      ["Europe/Berlin", "2026-03-29", 23],
      ["Europe/Berlin", "2026-10-25", 25],
      ["Australia/Lord_Howe", "2026-04-05", 24.5],
      ["Asia/Kathmandu", "2026-05-01", 24],
    ] as const) {
      const clock = new ZoneClock(zone)
      const log = new TestLog()
      const [begin, end] = [clock.startOf(date), clock.endOf(date)]
      expect(end - begin).to.equal(hours * HOUR_MS)
      for (const at of [begin - 1, begin, end - 1, end]) {
        log.now = at
        log.event({ session_id: sessionId(log.records.length + 1) })
      }
      const events = shown(replay(clock, log.records), clock, end).map((day) => [day.date, day.events])
      const [before, after] = [clock.dateAt(begin - 1), clock.dateAt(end)]
      expect(events, zone).to.deep.equal([
        [before, 1],
        [date, 2],
        [after, 1],
      ])
    }
  })

  it("count the orders of an hour that a clock repeats in one slice", () => {
    const clock = new ZoneClock("Europe/Berlin")
    const log = new TestLog()
    for (const [n, at] of ["2026-10-25T00:31:00Z", "2026-10-25T01:34:59Z"].entries()) {
      log.now = Date.parse(at)
      log.event({ session_id: sessionId(n), product_price: 1.5 })
      log.event({ session_id: sessionId(n), action: "CHECKOUT" })
    }
    const [day] = shown(replay(clock, log.records), clock, log.now)
    expect(day?.slices).to.deep.equal([{ at: "02:30", orders: 2, sales: 3 }])
  })

  it("count a basket on the day when it is opened or opened again, and an order on that of its checkout", () => {
    const clock = new ZoneClock("UTC")
    const log = new TestLog()
    log.now = Date.parse("2026-03-01T23:50:00Z")
    log.event({ product_price: 2 })
    log.now += 20 * MINUTE_MS
    log.event({ action: "CHECKOUT" })
    log.event({ action: "CHECKOUT" })
    log.now += MINUTE_MS
    log.event({ product_price: 3 })
    const [first, second] = shown(replay(clock, log.records), clock, log.now)
    expect(first).to.include({ date: "2026-03-01", baskets: 1, orders: 0, events: 1, items: 0 })
    expect(second).to.include({ date: "2026-03-02", baskets: 1, orders: 1, events: 3, sales: 2, items: 1, seq: 4 })
    expect(second?.slices).to.deep.equal([{ at: "00:10", orders: 1, sales: 2 }])
  })

  it("count a basket as abandoned on the day of its last activity, until its shopper comes back; for good when it is dropped", () => {
    const clock = new ZoneClock("UTC")
    const log = new TestLog()
    log.now = Date.parse("2026-03-01T23:00:00Z")
    log.event({ product_price: 2.5 })
    let state = replay(clock, log.records)
    expect(shown(state, clock, log.now + IDLE_MS - 1)[0]).to.include({ abandoned: 0, abandoned_value: 0 })
    const [day] = shown(state, clock, log.now + IDLE_MS)
    expect(day).to.include({ abandoned: 1, abandoned_value: 2.5, as_of: "2026-03-02T01:00:00.000Z" })
    log.now += 3 * HOUR_MS
    state = apply(state, clock, log.event({ product_price: 2.5 }))
    expect(shown(state, clock, log.now).map(({ abandoned }) => abandoned)).to.deep.equal([0, 0])
    log.now += 25 * HOUR_MS
    state = apply(state, clock, log.event({ session_id: sessionId(2) }))
    expect(state.shop.baskets.has(sessionId(1)), "dropped after a day").to.equal(false)
    expect(
      shown(state, clock, log.now).map(({ date, abandoned, abandoned_value }) => [date, abandoned, abandoned_value]),
    ).to.deep.equal([
      ["2026-03-01", 0, 0],
      ["2026-03-02", 1, 5],
      ["2026-03-03", 0, 0],
    ])
  })

  it("show ten products, the one that sold for most first, then those that were added most often", () => {
    const clock = new ZoneClock("UTC")
    const log = new TestLog()
    for (let product_id = 1; product_id <= 12; product_id++) {
      const session_id = sessionId(product_id)
      const fields = { session_id, product_id, product_name: `Product ${product_id}`, product_price: product_id }
      for (let i = 0; i < 13 - product_id; i++) log.event(fields)
      if (product_id % 2 === 0) log.event({ session_id, action: "CHECKOUT" })
    }
    const [day] = shown(replay(clock, log.records), clock, log.now)
    const rows = day?.top_products.map(({ product_id, added, sold, value }) => [product_id, added, sold, value])
    expect(rows).to.deep.equal([
      [6, 7, 7, 42],
      [8, 5, 5, 40],
      [4, 9, 9, 36],
      [10, 3, 3, 30],
      [2, 11, 11, 22],
      [12, 1, 1, 12],
      [1, 12, 0, 0],
      [3, 10, 0, 0],
      [5, 8, 0, 0],
      [7, 6, 0, 0],
    ])
  })

  it("take less than 100 KiB, however many products a shop sells, and keep those that sell for most", () => {
    const clock = new ZoneClock("UTC")
    const name = "ü".repeat(200)
    let day = emptyDay()
    for (let seq = 1; seq <= 2000; seq++) {
      const at = Date.UTC(2026, 0) + seq * 30_000
      const line = {
        product_id: seq,
        product_name: name,
        UPC: "",
        category_id: "",
        quantity: 1,
        unit_price: seq,
        textBytes: 0,
      }
      const record: DayRecord = {
        seq,
        at,
        changes: [{ kind: "order", at, count: 1, order: { seq, at, value: seq, lines: [line] } }],
      }
      day = applyToDay(day, clock, record)
    }
    const text = writeDay(day, UTC)
    expect(Buffer.byteLength(text)).to.be.below(100 * 1024)
    const { sales, items, top_products } = shownDay(day, clock, "2026-01-01", nothingAbandoned)
    expect({ sales, items }).to.deep.equal({ sales: 2_001_000, items: 2000 })
    expect(top_products.map(({ product_id }) => product_id)).to.deep.equal([
      2000, 1999, 1998, 1997, 1996, 1995, 1994, 1993, 1992, 1991,
    ])
  })

  it("name no person, no basket and no session", () => {
    const log = new TestLog()
    const { event } = log.event({ product_price: 2 }) as { event: PublishEvent }
    log.event({ action: "CHECKOUT" })
    log.work(sessionId(1), "Ann Example")
    const [day] = [...replay(new ZoneClock("UTC"), log.records).days.values()]
    const text = writeDay(day as Day, UTC)
    expect(text).to.include(event.product_name)
    for (const secret of [event.shopper_id, event.session_id, "Ann"]) expect(text).not.to.include(secret)
  })

  it("are not read for another zone, and count a new log's records on top of an earlier one's", () => {
    const day: Day = { ...emptyDay(), seq: 9, orders: 2, sales: 5 }
    const text = writeDay(day, UTC)
    expect(readDay(text, UTC)).to.deep.equal(day)
    expect(readDay(text, { ...UTC, zone: "Europe/Berlin" })).to.equal(undefined)
    expect(readDay(text, { ...UTC, log: "another" })).to.deep.equal({ ...day, seq: 0 })
  })
})
