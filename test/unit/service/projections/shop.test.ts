import { expect } from "chai"
import fc from "fast-check"
import { BasketTask } from "../../../../contract/basket-work.ts"
import { LIST_LIMIT } from "../../../../contract/limits.ts"
import type { LogRecord } from "../../../../service/log/entry.ts"
import { shownBasket } from "../../../../service/projections/basket.ts"
import type { OrderedBasket } from "../../../../service/projections/ordered-basket.ts"
import {
  abandonedList,
  applyRecord,
  becameIdle,
  emptyShop,
  MAX_BASKET_BYTES,
  nextList,
  openTotals,
  orderList,
  type Shop,
} from "../../../../service/projections/shop.ts"
import { shownStats } from "../../../../service/projections/stats.ts"
import { readSnapshot, writeSnapshot } from "../../../../service/store/shop-snapshot.ts"
import { HOUR_MS, MINUTE_MS, sessionId, TestLog, TestPlaces } from "../../../helpers/records.ts"

const LOG = "2026-01-01T00:00:00Z"
const MAX_PAYLOAD = 1024 * 1024

const replay = (records: readonly LogRecord[], from: Shop = emptyShop()): Shop =>
  records.reduce((shop, record) => applyRecord(shop, record).shop, from)

/** As it is after it was stored and read again. */
const restored = (shop: Shop): Shop => readSnapshot(writeSnapshot(shop, LOG), LOG) as Shop

/** All that a shop shows at some time. */
const shown = (shop: Shop, now: number) => ({
  baskets: [...shop.baskets.values()].map((basket) => shownBasket(basket, now)),
  list: nextList([], shop, shop.seq, now),
  orders: orderList(shop),
  abandoned: abandonedList(shop, now),
  stats: shownStats(shop.stats, openTotals(shop, now), now),
})

/** As the code before #14 has stored it: a basket of 2.50 that was checked out, and an open one with a line of 1.255. */
const SNAPSHOT_IN_CENTS = JSON.stringify({
  version: 1,
  log: LOG,
  seq: 3,
  basketBytes: 910,
  baskets: [
    [
      sessionId(1),
      sessionId(9),
      true,
      12.18,
      2,
      1772359200000,
      1772359200000,
      "CHECKOUT",
      2,
      1,
      null,
      [[500100, "FUJI Apples", "042100005264", "fruit", 1, 2.5, 38]],
    ],
    [
      sessionId(2),
      sessionId(9),
      false,
      12.18,
      1,
      1772359200000,
      1772359200000,
      "ADD",
      3,
      3,
      null,
      [[500100, "FUJI Apples", "042100005264", "fruit", 1, 1.255, 38]],
    ],
  ],
  stats: {
    hours: [{ at: 1772359200000, events: 3, checkouts: 1, cents: 250 }],
    minutes: [{ at: 1772359200000, events: 3, checkouts: 1, cents: 250 }],
    seconds: [{ at: 1772359200000, events: 3, checkouts: 1, cents: 250 }],
    products: [[500100, { name: "FUJI Apples", hours: [[492322, 2]] }]],
  },
})

/** As the version that knew only claims has stored it: an order that Ann has claimed, and a basket with a gap, claimed by Bob. */
const SNAPSHOT_WITH_CLAIMS_ONLY = JSON.stringify({
  version: 3,
  log: LOG,
  seq: 6,
  basketBytes: 1783,
  baskets: [
    [
      [
        ...[sessionId(1), sessionId(9), true, 12.18, 2, 1772359200000, 1772359260000, "CHECKOUT", 2, 1],
        { by: "Ann", at: 1772359260000 },
        [[500100, "FUJI Apples", "042100005264", "fruit", 1, 3.5, 38]],
      ],
    ],
    [
      [
        ...[sessionId(2), sessionId(9), false, 12.18, 2, 1772359260000, 1772359260000, "ADD", 5, 4],
        { by: "Bob", at: 1772359260000 },
        [[500100, "FUJI Apples", "042100005264", "fruit", 2, 3.5, 38]],
      ],
      [
        [
          ...[sessionId(2), sessionId(9), false, 12.18, 1, 1772359260000, 1772359260000, "ADD", 4, 4],
          null,
          [[500100, "FUJI Apples", "042100005264", "fruit", 1, 3.5, 38]],
        ],
        [
          {
            record: {
              session_id: sessionId(2),
              shopper_id: sessionId(9),
              action: "ADD",
              last_action: "ADD",
              product_id: 500100,
              product_name: "FUJI Apples",
              UPC: "042100005264",
              category_id: "fruit",
              product_price: 3.5,
              basket_total: 12.18,
              seq: 5,
              at: 1772359260000,
            },
            place: { id: "phone", epoch: 0, seq: 3 },
          },
          { record: { by: "Bob", at: 1772359260000 } },
        ],
      ],
    ],
  ],
  stats: {
    hours: [{ at: 1772359200000, events: 4, checkouts: 1, value: 3.5 }],
    minutes: [
      { at: 1772359200000, events: 1, checkouts: 0, value: 0 },
      { at: 1772359260000, events: 3, checkouts: 1, value: 3.5 },
    ],
    seconds: [{ at: 1772359260000, events: 3, checkouts: 1, value: 3.5 }],
    products: [[500100, { name: "FUJI Apples", hours: [[492322, 3]] }]],
  },
})

const step = fc.record({
  pauseMs: fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc.constantFrom(-MINUTE_MS, MINUTE_MS, 3 * HOUR_MS, 30 * HOUR_MS),
  ),
  session: fc.integer({ min: 1, max: 4 }),
  product: fc.integer({ min: 1, max: 5 }),
  action: fc.constantFrom("ADD", "ADD", "add", "REMOVE", "CHECKOUT", "VIEW", ...BasketTask.options),
  price: fc.constantFrom(0.1, 0.2, 3.5, 1.005, -1, 1e15),
})

const logOf = (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): TestLog => {
  const log = new TestLog()
  for (const { pauseMs, session, product, action, price } of steps) {
    log.now += pauseMs
    const task = BasketTask.options.find((each) => each === action)
    if (task !== undefined) log.work(sessionId(session), "Ann", task)
    else log.event({ session_id: sessionId(session), product_id: product, product_price: price, action })
  }
  return log
}

describe("a shop", () => {
  it("[property] is the same from a snapshot at any place and the rest of the log as from all of it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(), fc.nat(), (steps, splitPoint, overlapPoint) => {
        const { records, now } = logOf(steps)
        const split = splitPoint % (records.length + 1)
        // The tail may bring again what is in the snapshot already.
        const from = overlapPoint % (split + 1)
        const whole = replay(records)
        const loaded = replay(records.slice(from), restored(replay(records.slice(0, split))))
        expect(writeSnapshot(loaded, LOG)).to.equal(writeSnapshot(whole, LOG))
        for (const later of [0, 3 * HOUR_MS])
          expect(shown(loaded, now + later)).to.deep.equal(shown(whole, now + later))
      }),
    )
  })

  it("[property] shows, after any changes and pauses, a list of exactly its open baskets", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(5), (steps, every) => {
        const { records } = logOf(steps)
        let shop = emptyShop()
        let list: readonly string[] = []
        let seq = 0
        for (const [i, record] of records.entries()) {
          shop = applyRecord(shop, record).shop
          if (i % (every + 1) !== 0) continue
          const now = Date.parse(("event" in record ? record.event : record.work).received_at)
          const before = list
          list = nextList(list, shop, seq, now)
          const since = seq
          const opened = list.filter((id) => (shop.baskets.get(id)?.openedSeq ?? 0) > since)
          seq = shop.seq
          expect([...list].sort()).to.deep.equal([...nextList([], shop, shop.seq, now)].sort())
          // What was opened stands in front, what stayed in its order behind it.
          expect(list.slice(0, opened.length)).to.deep.equal(opened)
          const stayed = before.filter((id) => list.includes(id) && !opened.includes(id))
          expect(list.filter((id) => stayed.includes(id))).to.deep.equal(stayed)
        }
      }),
    )
  })

  it("lists open baskets by their activity first, then new ones in front, and fills up beyond 100", () => {
    const log = new TestLog()
    for (let n = 1; n <= LIST_LIMIT + 2; n++) log.event({ session_id: sessionId(n) })
    log.event({ session_id: sessionId(1) })
    const shop = replay(log.records)
    const list = nextList([], shop, shop.seq, log.now)
    expect(list).to.have.length(LIST_LIMIT)
    expect([list[0], list[1], list.at(-1)]).to.deep.equal([sessionId(1), sessionId(102), sessionId(4)])

    const since = shop.seq
    log.event({ session_id: sessionId(200) })
    log.event({ session_id: sessionId(102), action: "CHECKOUT" })
    log.event({ session_id: sessionId(101), action: "CHECKOUT" })
    const next = nextList(list, replay(log.records), since, log.now)
    expect([next[0], next[1], next[2]]).to.deep.equal([sessionId(200), sessionId(1), sessionId(100)])
    // The one that had no room came in at the end.
    expect([next.at(-2), next.at(-1)]).to.deep.equal([sessionId(4), sessionId(3)])
  })

  it("ignores a snapshot of another version, of another log, and what is none", () => {
    const text = writeSnapshot(replay([new TestLog().event()]), LOG)
    expect(readSnapshot(text, LOG)?.seq).to.equal(1)
    expect(readSnapshot(text, "2026-02-02T00:00:00Z")).to.equal(undefined)
    const { version, ...rest } = JSON.parse(text)
    expect(readSnapshot(JSON.stringify({ ...rest, version: version + 1 }), LOG)).to.equal(undefined)
    for (const none of ["", "null", "{}", JSON.stringify({ version, log: LOG })])
      expect(readSnapshot(none, LOG), none).to.equal(undefined)
  })

  it("goes on from a snapshot of the version that had values in whole cents", () => {
    const shop = readSnapshot(SNAPSHOT_IN_CENTS, LOG) as Shop
    const log = new TestLog()
    for (let i = 0; i < 3; i++) log.event()
    const after = replay([log.event({ session_id: sessionId(2), action: "CHECKOUT" })], shop)
    const stats = shownStats(after.stats, openTotals(after, log.now), log.now)
    expect(stats).to.include({ events: 4, baskets_checked_out: 2, value_checked_out: 3.755, value_open: 0 })
    expect(restored(after)).to.deep.equal(after)
  })

  it("goes on from a snapshot of the version that knew only claims: a closed basket is an order", () => {
    const shop = readSnapshot(SNAPSHOT_WITH_CLAIMS_ONLY, LOG) as Shop
    expect(restored(shop)).to.deep.equal(shop)
    expect(orderList(shop)).to.deep.equal([sessionId(1)])
    const [order, open] = [...shop.baskets.values()].map((basket) => shownBasket(basket, 1772359260000))
    expect(order).to.include({ checkout_seq: 2, acknowledged_by: "Ann", done_by: null, last_seq: 2 })
    expect(open).to.include({ checkout_seq: null, acknowledged_by: "Bob" })
    const log = new TestLog()
    const places = new TestPlaces("phone")
    const [first, late, third] = [1, 2, 3].map((seq) => places.place(seq))
    for (let i = 0; i < 6; i++) log.event({}, i === 0 ? first : third)
    // What fills the gap comes before the claim.
    const after = replay([log.event({ session_id: sessionId(2), action: "ADD" }, late)], shop)
    const filled = shownBasket(after.baskets.get(sessionId(2)) as OrderedBasket, log.now)
    expect(filled).to.include({ item_count: 3, acknowledged_by: "Bob" })
  })

  it("[property] lists as orders what is checked out, as abandoned what is idle, and tells when that changes by time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(4 * HOUR_MS), (steps, laterMs) => {
        const { records, now } = logOf(steps)
        const shop = replay(records)
        const later = now + laterMs
        const withStatus = (status: string, at: number) =>
          [...shop.baskets.values()].map((basket) => shownBasket(basket, at)).filter((each) => each.status === status)
        const orders = orderList(shop).map((id) => shownBasket(shop.baskets.get(id) as OrderedBasket, now))
        expect(orders.map(({ session_id }) => session_id)).to.have.members(
          withStatus("checked_out", now).map(({ session_id }) => session_id),
        )
        const seqs = orders.map(({ checkout_seq }) => checkout_seq ?? 0)
        expect(seqs).to.deep.equal(seqs.toSorted((a, b) => b - a))
        const idle = (at: number): string[] => withStatus("idle", at).map(({ session_id }) => session_id)
        expect(abandonedList(shop, later)).to.deep.equal(idle(later).toReversed())
        const isChanged = idle(now).join() !== idle(later).join()
        expect(becameIdle(shop, now, later)).to.equal(isChanged)
      }),
    )
  })

  it("keeps bounded what a hostile shop sends: its snapshot fits into a NATS message", () => {
    const log = new TestLog()
    const long = "\u0001".repeat(2000)
    let shop = emptyShop()
    let forgotten = 0
    // More products than are counted, each in every hour of a day; more baskets than are kept.
    for (let hour = 0; hour < 30; hour++) {
      for (let n = 0; n < 400; n++) {
        const hostile = { product_name: long, UPC: long, category_id: long, action: n % 2 === 0 ? "ADD" : "add" }
        const record = log.event({ ...hostile, session_id: sessionId(n % 97), product_id: n % 310 })
        const after = applyRecord(shop, record)
        forgotten += after.changed.length - 1
        shop = after.shop
      }
      for (const task of ["acknowledge", "complete"] as const)
        shop = applyRecord(shop, log.work(sessionId(96), "\u0002".repeat(100), task)).shop
      log.now += HOUR_MS
    }
    expect(shop.basketBytes).to.be.within(MAX_BASKET_BYTES / 2, MAX_BASKET_BYTES)
    expect(forgotten).to.be.above(100)
    expect(shop.stats.products.size).to.equal(300)
    expect(Buffer.byteLength(writeSnapshot(shop, LOG))).to.be.within(MAX_PAYLOAD / 2, MAX_PAYLOAD - 1024)
    expect(writeSnapshot(restored(shop), LOG)).to.equal(writeSnapshot(shop, LOG))
  })

  it("has at most as many bytes in its snapshot as it counts for its baskets", () => {
    const log = new TestLog()
    const huge = {
      product_id: -Number.MAX_SAFE_INTEGER,
      product_price: -1.234567890123e-300,
      basket_total: -1.5e300,
    }
    for (let n = 1; n <= 50; n++) log.event({ ...huge, session_id: sessionId(n), product_name: `"\n\u0007é…🍎${n}` })
    log.work(sessionId(50), '"\n\u0007')
    log.work(sessionId(49), '"\n\u0007', "complete")
    log.event({ ...huge, session_id: sessionId(48), action: "CHECKOUT" })
    const shop = replay(log.records)
    const { baskets } = JSON.parse(writeSnapshot(shop, LOG))
    expect(Buffer.byteLength(JSON.stringify(baskets))).to.be.at.most(shop.basketBytes)
  })

  it("forgets the baskets that were not touched for longest: beyond what there is room for, and after a day", () => {
    const log = new TestLog()
    for (let n = 1; n <= 2000; n++) log.event({ session_id: sessionId(n), action: "VIEW" })
    let shop = replay(log.records)
    expect(shop.baskets.size).to.be.within(1800, 1999)
    expect([...shop.baskets.keys()].at(-1)).to.equal(sessionId(2000))
    const oldest = [...shop.baskets.keys()][0]
    const { changed } = applyRecord(shop, log.event({ session_id: sessionId(3000) }))
    expect(changed.slice(0, 2)).to.deep.equal([sessionId(3000), oldest])

    log.now += 25 * HOUR_MS
    shop = replay(log.records)
    shop = applyRecord(shop, log.event({ session_id: sessionId(4000) })).shop
    expect([...shop.baskets.keys()]).to.deep.equal([sessionId(4000)])
    expect(shop.basketBytes).to.equal(replay(log.records.slice(-1)).basketBytes)
  })
})
