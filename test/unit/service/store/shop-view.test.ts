import { expect } from "chai"
import fc from "fast-check"
import type { CollectionEvents, ModelEvents, Reference } from "res-service"
import { BasketTask } from "../../../../contract/basket-work.ts"
import { emptyShop } from "../../../../service/projections/shop.ts"
import type { DayModel } from "../../../../service/store/day-view.ts"
import { type BasketModel, type ListName, ShopView, type StatsModel } from "../../../../service/store/shop-view.ts"
import { HOUR_MS, MINUTE_MS, sessionId, TestLog } from "../../../helpers/records.ts"
import { StoredDays } from "../../../helpers/stored-days.ts"

const ridOf = (id: string): string => `basket.${id}`

const ridsOf = (view: ShopView, name: ListName, now: number): string[] => view.list(name, now).map(({ rid }) => rid)

/** What somebody who watches a shop has been told: copies of its resources, as a gateway keeps them. */
class Watcher {
  /** Events in their order, as `name event`. */
  readonly told: string[] = []
  readonly view: ShopView
  readonly lists = new Map<ListName, string[]>()
  stats: StatsModel | undefined
  readonly baskets = new Map<string, BasketModel>()

  constructor() {
    const quiet = { event: () => {}, create: () => {}, delete: () => {}, reaccess: () => {}, reset: () => {} }
    const model = <T extends object>(name: string, copy: () => T | undefined, gone = () => {}): ModelEvents<T> => ({
      ...quiet,
      name,
      change: (values) => {
        if (Object.keys(values).length === 0) return
        this.told.push(`${name} change`)
        Object.assign(copy() ?? {}, values)
      },
      delete: () => {
        this.told.push(`${name} delete`)
        gone()
      },
    })
    const list = (name: ListName): CollectionEvents<Reference> => ({
      ...quiet,
      name,
      add: (value: Reference, index) => {
        this.told.push(`${name} add`)
        this.lists.get(name)?.splice(index, 0, value.rid)
      },
      remove: (index) => {
        this.told.push(`${name} remove`)
        this.lists.get(name)?.splice(index, 1)
      },
    })
    this.view = new ShopView(
      emptyShop(),
      new StoredDays().book(),
      {
        baskets: list("baskets"),
        orders: list("orders"),
        abandoned: list("abandoned"),
        stats: model<StatsModel>("stats", () => this.stats),
        basket: (id) =>
          model<BasketModel>(
            `basket ${id.slice(-1)}`,
            () => this.baskets.get(id),
            () => this.baskets.delete(id),
          ),
        days: { ...quiet, name: "days", add: () => {}, remove: () => {} },
        day: () => model<DayModel>("day", () => undefined),
      },
      { basket: ridOf, day: (date) => date },
    )
  }

  /** The list of open baskets. */
  get list(): string[] | undefined {
    return this.lists.get("baskets")
  }

  getList(now: number, name: ListName = "baskets"): void {
    this.lists.set(name, ridsOf(this.view, name, now))
  }

  getBasket(id: string, now: number): void {
    const basket = this.view.basket(id, now)
    if (basket !== undefined) this.baskets.set(id, { ...basket })
  }

  getStats(now: number): void {
    this.stats = { ...this.view.stats(now) }
  }
}

const listNames = ["baskets", "orders", "abandoned"] as const
const tasks = BasketTask.options

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name)
}

describe("ShopView", () => {
  let log: TestLog
  let watcher: Watcher

  beforeEach(() => {
    log = new TestLog()
    watcher = new Watcher()
  })

  const send = (fields: Parameters<TestLog["event"]>[0]): void => watcher.view.add([log.event(fields)], log.now)
  const times = (name: string): number => watcher.told.filter((told) => told === name).length

  it("tells nobody what nobody has asked for", () => {
    send({ action: "ADD" })
    watcher.view.passTime(log.now + 3 * HOUR_MS)
    expect(watcher.view.isDue(log.now + 3 * HOUR_MS)).to.equal(false)
    watcher.view.tell(log.now + 3 * HOUR_MS)
    expect(watcher.told).to.deep.equal([])
  })

  it("tells a change at once, and only what has changed", () => {
    send({ action: "ADD" })
    watcher.getBasket(sessionId(1), log.now)
    send({ action: "ADD" })
    expect(watcher.told).to.deep.equal(["basket 1 change"])
    expect(watcher.baskets.get(sessionId(1))).to.deep.include({ item_count: 2, events: 2, last_seq: 2 })
  })

  it("tells at most ten changes a second of a basket, and the last state always", () => {
    send({ action: "ADD" })
    watcher.getBasket(sessionId(1), log.now)
    for (let i = 0; i < 1000; i++) {
      send({ action: "ADD" })
      log.now += 1
    }
    expect(times("basket 1 change")).to.equal(10)
    expect(watcher.baskets.get(sessionId(1))?.item_count).to.be.below(1001)
    log.now += 100
    expect(watcher.view.isDue(log.now)).to.equal(true)
    watcher.view.tell(log.now)
    expect(watcher.baskets.get(sessionId(1))?.item_count).to.equal(1001)
    expect(watcher.view.isDue(log.now + 1000)).to.equal(false)
  })

  it("tells at most one change a second of the figures, and the last state always", () => {
    watcher.getStats(log.now)
    for (let i = 0; i < 3000; i++) {
      log.now += 1
      send({ action: "ADD" })
    }
    expect(times("stats change")).to.equal(3)
    log.now += 1000
    watcher.view.passTime(log.now)
    watcher.view.tell(log.now)
    expect(watcher.stats?.events).to.equal(3000)
    expect(watcher.stats).to.deep.equal(watcher.view.stats(log.now))
  })

  it("adds a new basket in front, and takes out one that is checked out or idle", () => {
    watcher.getList(log.now)
    send({ session_id: sessionId(1), action: "ADD" })
    log.now += MINUTE_MS
    send({ session_id: sessionId(2), action: "ADD" })
    log.now += MINUTE_MS
    send({ session_id: sessionId(1), action: "ADD" })
    expect(watcher.list).to.deep.equal([sessionId(2), sessionId(1)].map(ridOf))
    log.now += MINUTE_MS
    send({ session_id: sessionId(2), action: "CHECKOUT" })
    expect(watcher.list).to.deep.equal([sessionId(1)].map(ridOf))
    log.now += 2 * HOUR_MS
    watcher.getBasket(sessionId(1), log.now - 2 * HOUR_MS)
    watcher.view.passTime(log.now)
    watcher.view.tell(log.now)
    expect(watcher.list).to.deep.equal([])
    expect(watcher.baskets.get(sessionId(1))?.status).to.equal("idle")
  })

  it("adds a checkout to the orders in front, and takes out a basket that is opened again", () => {
    for (const n of [1, 2, 3]) send({ session_id: sessionId(n), action: "ADD" })
    send({ session_id: sessionId(3), action: "CHECKOUT" })
    watcher.getList(log.now, "orders")
    log.now += 1000
    send({ session_id: sessionId(1), action: "CHECKOUT" })
    log.now += 1000
    // A repetition is not a new order.
    send({ session_id: sessionId(3), action: "CHECKOUT" })
    expect(watcher.lists.get("orders")).to.deep.equal([sessionId(1), sessionId(3)].map(ridOf))
    log.now += 1000
    send({ session_id: sessionId(1), action: "ADD" })
    expect(watcher.lists.get("orders")).to.deep.equal([sessionId(3)].map(ridOf))
    expect(watcher.told).to.deep.equal(["orders add", "orders remove"])
  })

  it("always has a basket in one of the lists while it goes from one to another, whenever they were got", () => {
    send({ session_id: sessionId(1), action: "ADD" })
    watcher.getList(log.now)
    log.now += 60
    watcher.getList(log.now, "orders")
    log.now += 60
    send({ session_id: sessionId(1), action: "CHECKOUT" })
    log.now += 60
    watcher.view.tell(log.now)
    expect(watcher.told).to.deep.equal(["orders add", "baskets remove"])
    log.now += 1000
    watcher.told.length = 0
    send({ session_id: sessionId(1), action: "ADD" })
    expect(watcher.told).to.deep.equal(["baskets add", "orders remove"])
  })

  it("adds a basket to the abandoned ones by time alone, the latest activity first, until it is opened again", () => {
    watcher.getList(log.now, "abandoned")
    for (const n of [1, 2]) {
      send({ session_id: sessionId(n), action: "ADD" })
      log.now += MINUTE_MS
    }
    log.now += 2 * HOUR_MS
    watcher.view.passTime(log.now)
    watcher.view.tell(log.now)
    expect(watcher.lists.get("abandoned")).to.deep.equal([sessionId(2), sessionId(1)].map(ridOf))
    log.now += MINUTE_MS
    send({ session_id: sessionId(1), action: "VIEW" })
    expect(watcher.lists.get("abandoned")).to.deep.equal([sessionId(2)].map(ridOf))
  })

  it("tells what is not told yet before it answers, so that answer and events are in one order", () => {
    send({ session_id: sessionId(1), action: "ADD" })
    watcher.getList(log.now)
    watcher.getBasket(sessionId(1), log.now)
    for (const n of [2, 3]) send({ session_id: sessionId(n), action: "ADD" })
    for (const _ of [1, 2]) send({ session_id: sessionId(1), action: "ADD" })
    // Another gateway asks; this one follows by its events alone.
    const list = ridsOf(watcher.view, "baskets", log.now)
    expect(watcher.list).to.deep.equal(list).and.to.have.length(3)
    expect(watcher.view.basket(sessionId(1), log.now)).to.deep.equal(watcher.baskets.get(sessionId(1)))
  })

  it("tells an acknowledgement at once, however recently the basket was told", () => {
    send({ action: "ADD" })
    watcher.getBasket(sessionId(1), log.now)
    send({ action: "ADD" })
    watcher.view.add([log.work(sessionId(1), "Ann")], log.now)
    expect(watcher.baskets.get(sessionId(1))?.acknowledged_by).to.equal(null)
    watcher.view.tellBasket(sessionId(1), log.now)
    expect(watcher.baskets.get(sessionId(1))?.acknowledged_by).to.equal("Ann")
  })

  it("tells that a basket is gone when it was forgotten, after the reference to it", () => {
    send({ action: "ADD" })
    watcher.getList(log.now)
    watcher.getBasket(sessionId(1), log.now)
    log.now += 30 * HOUR_MS
    send({ session_id: sessionId(2), action: "CHECKOUT" })
    expect(watcher.told).to.deep.equal(["baskets remove", "basket 1 delete"])
    expect(watcher.view.basket(sessionId(1), log.now)).to.equal(undefined)
    send({ session_id: sessionId(1), action: "ADD" })
    watcher.getBasket(sessionId(1), log.now)
    expect(watcher.baskets.get(sessionId(1))).to.deep.include({ status: "open", events: 1 })
  })

  it("[property] leaves who watches with what a fresh view shows, whatever comes and whenever it is told", () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(1000, MINUTE_MS, 3 * HOUR_MS, 25 * HOUR_MS)),
      session: fc.integer({ min: 1, max: 5 }),
      action: fc.constantFrom("ADD", "REMOVE", "CHECKOUT", ...tasks, ...listNames, "getBasket", "getStats", "tick"),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        log = new TestLog()
        watcher = new Watcher()
        for (const { pauseMs, session, action } of steps) {
          log.now += pauseMs
          const id = sessionId(session)
          if (isOneOf(listNames, action)) watcher.getList(log.now, action)
          else if (action === "getBasket") watcher.getBasket(id, log.now)
          else if (action === "getStats") watcher.getStats(log.now)
          else if (isOneOf(tasks, action)) watcher.view.add([log.work(id, "Ann", action)], log.now)
          else if (action !== "tick") send({ session_id: id, product_id: session, action })
          else {
            watcher.view.passTime(log.now)
            watcher.view.tell(log.now)
          }
        }
        log.now += MINUTE_MS
        watcher.view.passTime(log.now)
        watcher.view.tell(log.now)
        const fresh = new Watcher().view
        fresh.add(log.records, log.now)
        for (const [name, copy] of watcher.lists) {
          expect(copy).to.deep.equal(ridsOf(watcher.view, name, log.now))
          // Open baskets keep their places while they are shown; the other lists depend on the log and the time alone.
          const inOrder = (rids: string[]): string[] => (name === "baskets" ? rids.toSorted() : rids)
          expect(inOrder(copy)).to.deep.equal(inOrder(ridsOf(fresh, name, log.now)))
        }
        if (watcher.stats !== undefined) expect(watcher.stats).to.deep.equal(fresh.stats(log.now))
        for (const [id, copy] of watcher.baskets) expect(copy).to.deep.equal(fresh.basket(id, log.now))
      }),
    )
  })
})
