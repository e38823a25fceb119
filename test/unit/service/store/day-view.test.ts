import { expect } from "chai"
import fc from "fast-check"
import type { Reference } from "res-service"
import type { LogRecord } from "../../../../service/log/entry.ts"
import { applyRecord, emptyShop } from "../../../../service/projections/shop.ts"
import { type DayModel, DayView } from "../../../../service/store/day-view.ts"
import { HOUR_MS, MINUTE_MS, sessionId, TestLog, TestPlaces } from "../../../helpers/records.ts"
import { StoredDays } from "../../../helpers/stored-days.ts"

const [YESTERDAY, TODAY, TOMORROW] = ["2026-03-01", "2026-03-02", "2026-03-03"] as const

/** Somebody who watches a shop's days: a copy of each, as a gateway keeps it. */
class Watcher {
  readonly log = new TestLog()
  readonly stored = new StoredDays()
  readonly days = new Map<string, DayModel>()
  list: string[] = []
  /** Events in their order, as `name event`. */
  readonly told: string[] = []
  readonly view: DayView
  #shop = emptyShop()

  constructor() {
    const quiet = { event() {}, create() {}, delete() {}, reaccess() {}, reset() {} }
    this.view = new DayView(
      this.stored.book(),
      {
        days: {
          ...quiet,
          name: "days",
          add: (value: Reference, index) => {
            this.told.push("days add")
            this.list.splice(index, 0, value.rid)
          },
          remove: (index) => {
            this.told.push("days remove")
            this.list.splice(index, 1)
          },
        },
        day: (date) => ({
          ...quiet,
          name: date,
          change: (values) => {
            this.told.push(`${date} change`)
            Object.assign(this.days.get(date) ?? {}, values)
          },
        }),
      },
      () => this.#shop,
      (date) => date,
    )
  }

  /** Writes to the log and hands it on. */
  send(...args: Parameters<TestLog["event"]>): void {
    this.add(this.log.event(...args))
  }

  /** Takes a record of the log, as `ShopView` does. */
  add(record: LogRecord): void {
    const before = "event" in record ? this.#shop.baskets.get(record.event.session_id) : undefined
    const { shop, day } = applyRecord(this.#shop, record)
    this.#shop = shop
    if (day !== undefined) this.view.add(day)
    if (before !== undefined) this.view.basketChanges(before)
  }

  async get(date: string, now: number): Promise<void> {
    this.days.set(date, { ...(await this.view.day(date, now)) })
  }

  /** What a fresh get gives somebody else. */
  async fresh(date: string, now: number): Promise<DayModel> {
    return await this.view.day(date, now)
  }

  /** Sends what is due at a time, as the service does ten times a second. */
  async pass(now: number): Promise<void> {
    this.view.passTime(now)
    if (this.view.isDue(now)) await this.view.tell(now)
  }
}

describe("DayView", () => {
  it("sends changes of a day that somebody has got, at most one a second, and the last state", async () => {
    const watcher = new Watcher()
    const { log } = watcher
    log.now = Date.parse(`${TODAY}T10:00:00Z`)
    const begin = log.now
    await watcher.get(TODAY, begin)
    for (; log.now <= begin + 3000; log.now += 100) {
      watcher.send({ session_id: sessionId(log.now % 7) })
      await watcher.pass(log.now)
    }
    await watcher.pass(log.now + 1000)
    expect(watcher.told.length).to.be.within(3, 5)
    expect(watcher.days.get(TODAY))
      .to.include({ events: 31 })
      .and.to.deep.equal(await watcher.fresh(TODAY, log.now + 1000))
    await watcher.pass(log.now + 5000)
    expect(watcher.told.length, "nothing changed").to.be.below(6)
  })

  it("sends nothing of days that nobody has got", async () => {
    const watcher = new Watcher()
    watcher.log.now = Date.parse(`${TODAY}T10:00:00Z`)
    await watcher.get(YESTERDAY, watcher.log.now)
    watcher.send()
    await watcher.pass(watcher.log.now + 2000)
    expect(watcher.told).to.deep.equal([])
  })

  it("shows the next day at midnight, and changes the day before when something of it comes late", async () => {
    const watcher = new Watcher()
    const { log } = watcher
    const places = new TestPlaces("phone")
    log.now = Date.parse(`${TODAY}T23:59:00Z`)
    watcher.list = (await watcher.view.list(log.now)).map(({ rid }) => rid)
    expect(watcher.list).to.deep.equal([TODAY])
    await watcher.get(TODAY, log.now)
    watcher.send({ product_price: 2 }, places.place(1))
    watcher.send({ action: "CHECKOUT" }, places.place(3))
    await watcher.pass(log.now + 2000)
    expect(watcher.days.get(TODAY)).to.include({ orders: 1, sales: 2 })
    log.now += 2 * MINUTE_MS
    await watcher.pass(log.now)
    expect(watcher.list).to.deep.equal([TOMORROW])
    expect(watcher.told.slice(-2)).to.deep.equal(["days remove", "days add"])
    await watcher.get(TOMORROW, log.now)
    // It belongs before the checkout.
    watcher.send({ product_price: 2 }, places.place(2))
    await watcher.pass(log.now + 2000)
    expect(watcher.days.get(TODAY)).to.include({ orders: 1, sales: 4, items: 2, events: 2 })
    expect(watcher.days.get(TOMORROW)).to.include({ orders: 0, events: 1 })
    for (const date of [TODAY, TOMORROW])
      expect(watcher.days.get(date), date).to.deep.equal(await watcher.fresh(date, log.now + 2000))
  })

  it("counts a basket as abandoned by time alone, on the day of its last activity, also after midnight", async () => {
    const watcher = new Watcher()
    const { log } = watcher
    log.now = Date.parse(`${TODAY}T23:00:00Z`)
    await watcher.get(TODAY, log.now)
    watcher.send({ product_price: 2.5 })
    for (let now = log.now; now < log.now + 2 * HOUR_MS; now += MINUTE_MS) await watcher.pass(now)
    expect(watcher.days.get(TODAY)).to.include({ abandoned: 0, events: 1 })
    await watcher.pass(log.now + 2 * HOUR_MS)
    expect(watcher.days.get(TODAY)).to.include({
      abandoned: 1,
      abandoned_value: 2.5,
      as_of: `${TOMORROW}T01:00:00.000Z`,
    })
    expect(watcher.days.get(TODAY)).to.deep.equal(await watcher.fresh(TODAY, log.now + 2 * HOUR_MS))
    log.now += 3 * HOUR_MS
    watcher.send({ action: "look" })
    await watcher.pass(log.now + 2000)
    expect((await watcher.fresh(TODAY, log.now + 2000)).abandoned).to.equal(0)
    expect(watcher.days.get(TODAY)).to.include({ abandoned: 0, abandoned_value: 0 })
  })

  it("[property] leaves who watches with what a fresh view shows, whatever comes and whenever it is told", async () => {
    const step = fc.record({
      action: fc.constantFrom("ADD", "ADD", "CHECKOUT", "look"),
      session: fc.integer({ min: 1, max: 4 }),
      product: fc.integer({ min: 1, max: 3 }),
      pauseMs: fc.constantFrom(100, 2000, HOUR_MS, 3 * HOUR_MS, 11 * HOUR_MS, 25 * HOUR_MS),
      passes: fc.boolean(),
      gets: fc.boolean(),
      stores: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const watcher = new Watcher()
        const { log, days } = watcher
        const dateOf = (): string => new Date(log.now).toISOString().slice(0, 10)
        for (const { action, session, product, pauseMs, passes, gets, stores } of steps) {
          if (gets) await watcher.get(dateOf(), log.now)
          watcher.send({ action, session_id: sessionId(session), product_id: product, product_price: product * 1.1 })
          if (stores) await watcher.view.store()
          if (passes) await watcher.pass(log.now)
          log.now += pauseMs
          if (passes) await watcher.pass(log.now)
        }
        log.now += 2000
        await watcher.pass(log.now)
        const other = new Watcher()
        for (const record of log.records) other.add(record)
        for (const [date, day] of days) expect(day, date).to.deep.equal(await other.fresh(date, log.now))
      }),
    )
  })

  it("misses no record that comes while a day is read", async () => {
    const watcher = new Watcher()
    const { log } = watcher
    log.now = Date.parse(`${TODAY}T10:00:00Z`)
    await watcher.get(YESTERDAY, log.now)
    const getting = watcher.get(TODAY, log.now)
    watcher.send()
    await getting
    watcher.send()
    await watcher.pass(log.now + 2000)
    expect(watcher.days.get(TODAY)).to.include({ events: 2 })
  })
})
