import { expect } from "chai"
import fc from "fast-check"
import type { SentEvent } from "../../../../contract/shared-session.ts"
import type { LogRecord } from "../../../../service/log/entry.ts"
import { shownBasket } from "../../../../service/projections/basket.ts"
import { MAX_WAITING, type OrderedBasket } from "../../../../service/projections/ordered-basket.ts"
import { applyRecord, emptyShop, openTotals, type Shop } from "../../../../service/projections/shop.ts"
import { shownStats } from "../../../../service/projections/stats.ts"
import { readSnapshot, writeSnapshot } from "../../../../service/store/shop-snapshot.ts"
import { HOUR_MS, MINUTE_MS, sessionId, TestLog, TestPlaces } from "../../../helpers/records.ts"

const LOG = "2026-01-01T00:00:00Z"

/** An action of a shopper, with some product, in one of two baskets. */
const action = fc.record(
  {
    action: fc.constantFrom("ADD", "ADD", "ADD", "REMOVE", "CHECKOUT", " look "),
    product: fc.integer({ min: 1, max: 3 }),
    session: fc.integer({ min: 1, max: 2 }),
    shared: fc.constantFrom("party", "other", null),
  },
  { requiredKeys: ["action", "product", "session"] },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

/** The requests of a producer, in its order. */
const requests = fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })

function fieldsOf({ action, product, session, shared }: Action, n: number): Partial<SentEvent> {
  return {
    session_id: sessionId(session),
    action,
    product_id: product,
    product_name: `Product ${product}`,
    product_price: product * 1.1,
    basket_total: n,
    action_id: n,
    ...(shared === undefined ? {} : { shared_session: shared }),
  }
}

const replay = (records: readonly LogRecord[], from: Shop = emptyShop()): Shop =>
  records.reduce((shop, record) => applyRecord(shop, record).shop, from)

const restored = (shop: Shop): Shop => readSnapshot(writeSnapshot(shop, LOG), LOG) as Shop

/** What a shop shows but for times and sequences, which depend on when the log got what. */
function shown(shop: Shop, now: number) {
  const baskets = [...shop.baskets.values()]
    .map((basket) => shownBasket(basket, now))
    .map(({ first_at, last_at, last_seq, checked_out_at, checkout_seq, ...rest }) => rest)
    .toSorted((a, b) => a.session_id.localeCompare(b.session_id))
  const { minutes, since, ...stats } = shownStats(shop.stats, openTotals(shop, now), now)
  return { baskets, stats }
}

/** A log of requests that arrive in some order, a second apart. `order`: of their indexes. */
function logOf(sent: readonly (readonly Action[])[], order: readonly number[]): TestLog {
  const log = new TestLog()
  const places = new TestPlaces("phone")
  for (const index of order) {
    log.now += 1000
    const events = sent[index] ?? []
    const placeOf = places.of(index + 1, { events: events.length })
    for (const [i, each] of events.entries()) log.event(fieldsOf(each, index + 1), placeOf(i))
  }
  return log
}

describe("baskets with the requests of a producer", () => {
  const inAnyOrder = requests.chain((sent) => {
    const all = sent.map((_, index) => index)
    return fc.tuple(fc.constant(sent), fc.shuffledSubarray(all, { minLength: all.length }), fc.nat())
  })

  it("end as if these had arrived in its order, with the figures, whatever order they arrive in", () => {
    fc.assert(
      fc.property(inAnyOrder, ([sent, order]) => {
        const inOrder = logOf(
          sent,
          sent.map((_, index) => index),
        )
        const log = logOf(sent, order)
        expect(shown(replay(log.records), log.now)).to.deep.equal(shown(replay(inOrder.records), inOrder.now))
      }),
      { numRuns: 500 },
    )
  })

  it("begin with the first and end with the last time at which the log got an event", () => {
    const log = logOf(
      [[{ action: "ADD", product: 1, session: 1 }], ...Array(3).fill([{ action: "ADD", product: 2, session: 1 }])],
      [2, 0, 3, 1],
    )
    const basket = replay(log.records).baskets.get(sessionId(1)) as OrderedBasket
    const { first_at, last_at, last_seq, lines } = shownBasket(basket, log.now)
    const times = log.records.map((record) => ("event" in record ? record.event.received_at : ""))
    expect([first_at, last_at, last_seq]).to.deep.equal([times[0], times[3], 4])
    expect(lines.map(({ product_id }) => product_id)).to.deep.equal([1, 2])
  })

  it("are the same after a snapshot at any moment, and leave no room taken when nothing is missing any more", () => {
    fc.assert(
      fc.property(inAnyOrder, ([sent, order, cut]) => {
        const { records, now } = logOf(sent, order)
        const at = cut % (records.length + 1)
        const live = replay(records)
        const resumed = replay(records.slice(at), restored(replay(records.slice(0, at))))
        expect(resumed).to.deep.equal(live)
        expect(shown(restored(live), now)).to.deep.equal(shown(live, now))
        // A basket hears of a filled gap by its own events only.
        const touched = records.at(-1)
        const id = touched !== undefined && "event" in touched ? touched.event.session_id : ""
        expect(live.baskets.get(id)?.unsettled).to.equal(undefined)
      }),
      { numRuns: 300 },
    )
  })

  it("keep the order of each of several producers and epochs, and the log's for all else", () => {
    const mixed = fc.array(
      fc.record({ by: fc.constantFrom("a", "b", "none", "ack"), seq: fc.integer({ min: 1, max: 6 }), each: action }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(mixed, (arriving) => {
        const log = new TestLog()
        const places = { a: new TestPlaces("a"), b: new TestPlaces("b") }
        const seen = new Set<string>()
        // Each record in its place, by the rule in words: before the first one of its producer with a higher sequence.
        const placed: { by: string; seq: number; record: LogRecord }[] = []
        for (const { by, seq, each } of arriving) {
          log.now += 1000
          if (by !== "none" && by !== "ack" && seen.has(by + seq)) continue
          seen.add(by + seq)
          const fields = { ...fieldsOf(each, seq), session_id: sessionId(1) }
          if (by === "ack") {
            placed.push({ by, seq, record: log.work(sessionId(1), `Ann ${seq}`) })
            continue
          }
          const place = by === "none" ? undefined : places[by as "a" | "b"].place(seq)
          const record = log.event(fields, place)
          const at = by === "none" ? -1 : placed.findIndex((other) => other.by === by && other.seq > seq)
          placed.splice(at === -1 ? placed.length : at, 0, { by, seq, record })
        }
        const ordered = new TestLog()
        for (const { record } of placed) {
          ordered.now += 1000
          if ("event" in record) ordered.event(record.event)
          else ordered.work(record.work.session_id, record.work.by)
        }
        const lines = ({ records, now }: TestLog) =>
          shown(replay(records), now).baskets.map(({ acknowledged_at, acknowledged_by, ...rest }) => rest)
        // An acknowledgement of a basket that is not there yet is void, which depends on the time at which it came.
        expect(lines(log)).to.deep.equal(lines(ordered))
      }),
      { numRuns: 500 },
    )
  })

  it("take back a checkout's value when a late event changes it, in the minute of the checkout", () => {
    const add = (product: number): Action => ({ action: "ADD", product, session: 1 })
    const sent: Action[][] = [[add(1)], [add(2)], [{ action: "CHECKOUT", product: 1, session: 1 }], [add(3)]]
    const log = new TestLog()
    const places = new TestPlaces("phone")
    let shop = emptyShop()
    const arrive = (index: number): void => {
      const place = places.place(index + 1)
      for (const each of sent[index] ?? []) shop = applyRecord(shop, log.event(fieldsOf(each, index + 1), place)).shop
    }
    const figures = () => {
      const { baskets_checked_out, value_checked_out, minutes } = shownStats(
        shop.stats,
        openTotals(shop, log.now),
        log.now + MINUTE_MS,
      )
      return [
        baskets_checked_out,
        value_checked_out,
        minutes
          .slice(-11)
          .map(({ value }) => value)
          .filter((value) => value !== 0),
      ]
    }
    arrive(0)
    arrive(2)
    expect(figures()).to.deep.equal([1, 1.1, [1.1]])
    log.now += 10 * MINUTE_MS
    arrive(1)
    expect(figures()).to.deep.equal([1, 3.3, [3.3]])
    arrive(3)
    expect(figures()).to.deep.equal([1, 3.3, [3.3]])
    // Long after, the buckets of the checkout are gone.
    log.now += 30 * HOUR_MS
    shop = applyRecord(shop, log.event({ action: "look" })).shop
    expect(figures()).to.deep.equal([0, 0, []])
  })

  it("count a checkout that is late, and not one that a late event has made a repetition", () => {
    const send = (order: readonly number[], actions: readonly Action["action"][]) => {
      const log = logOf(
        actions.map((each) => [{ action: each, product: 1, session: 1 }]),
        order,
      )
      const { baskets_checked_out, value_checked_out } = shownStats(
        replay(log.records).stats,
        { count: 0, value: 0 },
        log.now,
      )
      return [baskets_checked_out, value_checked_out]
    }
    expect(send([0, 2, 1], ["ADD", "CHECKOUT", "ADD"])).to.deep.equal([1, 1.1])
    expect(send([0, 2, 3, 1], ["ADD", "CHECKOUT", "CHECKOUT", "ADD"])).to.deep.equal([1, 1.1])
    expect(send([1, 3, 0, 2], ["ADD", "CHECKOUT", "ADD", "CHECKOUT"])).to.deep.equal([2, 2.2])
  })

  it("keep a bounded number of records behind a gap that stays, and of long texts fewer", () => {
    for (const text of ["short", "\u0002".repeat(200)]) {
      const log = new TestLog()
      const places = new TestPlaces("phone")
      let shop = emptyShop()
      let largest = 0
      for (let seq = 2; seq <= 500; seq++) {
        const fields = {
          action: "ADD",
          product_id: seq % 150,
          product_name: text,
          product_price: 1,
          UPC: text,
          category_id: text,
        }
        shop = applyRecord(shop, log.event(fields, places.place(seq))).shop
        const { unsettled } = shop.baskets.get(sessionId(1)) as OrderedBasket
        largest = Math.max(largest, JSON.stringify(unsettled ?? {}).length)
        expect(unsettled?.records.length ?? 0).to.be.at.most(MAX_WAITING)
      }
      expect(largest).to.be.within(1000, 256 * 1024)
      expect(writeSnapshot(shop, LOG).length).to.be.below(640 * 1024)
      expect(shownBasket(shop.baskets.get(sessionId(1)) as OrderedBasket, log.now).events).to.equal(499)
      expect(restored(shop)).to.deep.equal(shop)
    }
  })

  it("settle what an older epoch has left when a newer one begins", () => {
    const log = new TestLog()
    const places = new TestPlaces("phone")
    const look = (seq: number, epoch: number): LogRecord => log.event({ action: "look" }, places.place(seq, epoch))
    const before = replay([look(5, 0)])
    expect(before.baskets.get(sessionId(1))?.unsettled?.records).to.have.length(1)
    const after = replay([look(1, 1)], before)
    expect(after.baskets.get(sessionId(1))?.unsettled).to.equal(undefined)
  })
})
