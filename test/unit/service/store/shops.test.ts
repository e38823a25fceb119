import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { silentLogger } from "res-service"
import type { LogRecord } from "../../../../service/log/entry.ts"
import { applyRecord, emptyShop, type Shop } from "../../../../service/projections/shop.ts"
import { Loads } from "../../../../service/store/loads.ts"
import { ShopView } from "../../../../service/store/shop-view.ts"
import { Shops, WARM_INTERVAL_MS } from "../../../../service/store/shops.ts"
import { TestLog } from "../../../helpers/records.ts"
import { StoredDays } from "../../../helpers/stored-days.ts"
import { until } from "../../../helpers/until.ts"

/** Shops whose log is in memory, and whose loading waits until it is let go. */
class Harness {
  readonly log = new TestLog()
  readonly stored: number[] = []
  loads = 0
  fails = false
  /** Sent changes of models. */
  changes = 0
  /** What waits in the shop's queue; undefined: nothing waits. */
  queue: (() => void)[] | undefined
  readonly #waiting: (() => void)[] = []
  readonly shops: Shops

  constructor(maxWarm = 64) {
    const quiet = { name: "", event() {}, create() {}, delete() {}, reaccess() {}, reset() {} }
    const model = { ...quiet, change: () => this.changes++ }
    const list = { ...quiet, add() {}, remove() {} }
    this.shops = new Shops(
      {
        load: async () => {
          this.loads++
          const records = [...this.log.records]
          await new Promise<void>((resolve) => this.#waiting.push(resolve))
          if (this.fails) throw new Error("the log does not answer")
          const book = new StoredDays().book()
          return { shop: replay(records, emptyShop()), records: records.length, book }
        },
        goOn: async (_, shop) => ({ shop: replay(this.log.records, shop), records: 0 }),
        store: async (_, view) => {
          this.stored.push(view.shop.seq)
        },
        view: (_, shop, book) =>
          new ShopView(
            shop,
            book,
            {
              baskets: list,
              orders: list,
              abandoned: list,
              stats: model,
              basket: () => model,
              days: list,
              day: () => model,
            },
            { basket: (id) => id, day: (date) => date },
          ),
        inDayQueue: async (_, task) => await task(),
        inQueue: async (_, task) => {
          if (this.queue === undefined) task()
          else this.queue.push(task)
        },
      },
      new Loads(),
      silentLogger,
      maxWarm,
    )
  }

  /** Ends all loading. */
  letGo(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  get shopId(): string {
    return this.log.shopId
  }

  /** Writes to the log and hands it on, as the tail does. */
  send(count = 1): void {
    for (let i = 0; i < count; i++) this.shops.add(this.log.event())
  }

  async events(): Promise<number> {
    const rids = await this.shops.list("baskets", this.shopId)
    const basket = rids[0] && (await this.shops.basket(this.shopId, rids[0].rid))
    return basket?.events ?? 0
  }
}

const replay = (records: readonly LogRecord[], from: Shop): Shop =>
  records.reduce((shop, record) => applyRecord(shop, record).shop, from)

describe("Shops", () => {
  let harness: Harness

  beforeEach(() => {
    harness = new Harness()
    harness.log.now = Date.now()
  })

  afterEach(() => harness.shops.stop())

  for (const { title, count } of [
    { title: "takes in what came while it was loaded", count: 3 },
    { title: "reads again from the log when more came than may wait", count: 6000 },
  ]) {
    it(title, async () => {
      harness.send(2)
      const events = harness.events()
      harness.send(count)
      harness.letGo()
      expect(await events).to.equal(2 + count)
      harness.send()
      expect(await harness.events()).to.equal(3 + count)
      expect(harness.loads).to.equal(1)
    })
  }

  it("sends nothing of a shop that was dropped while its changes waited", async () => {
    harness.send()
    const events = harness.events()
    harness.letGo()
    await events
    harness.queue = []
    harness.send()
    expect(harness.queue).to.have.lengthOf(1)
    harness.shops.drop(harness.shopId)
    const again = harness.events()
    harness.letGo()
    await again
    for (const task of harness.queue) task()
    expect(harness.changes).to.equal(0)
  })

  it("forgets a shop that could not be loaded, so that the next get tries again", async () => {
    harness.fails = true
    const failed = harness.events().catch((error: Error) => error.message)
    harness.letGo()
    expect(await failed).to.equal("the log does not answer")
    expect(harness.shops.has(harness.shopId)).to.equal(false)
    harness.fails = false
    const events = harness.events()
    harness.letGo()
    expect(await events).to.equal(0)
  })

  it("drops a shop, which is read again by its next get", async () => {
    for (const drop of [() => harness.shops.drop(harness.shopId), () => harness.shops.dropWhere(() => true)]) {
      const events = harness.events()
      harness.letGo()
      await events
      expect(harness.shops.has(harness.shopId)).to.equal(true)
      drop()
      expect(harness.shops.has(harness.shopId)).to.equal(false)
    }
    expect(harness.loads).to.equal(2)
  })

  it("keeps the shops that it need not drop", async () => {
    const events = harness.events()
    harness.letGo()
    await events
    harness.shops.dropWhere((shopId) => shopId !== harness.shopId)
    expect(harness.shops.has(harness.shopId)).to.equal(true)
  })

  it("reads a shop after 100 records, though nobody looks, and stores a snapshot after 1,000", async () => {
    harness.send(99)
    expect(harness.loads).to.equal(0)
    harness.send()
    await until("the shop to be read", () => harness.loads === 1)
    harness.letGo()
    harness.send(899)
    await sleep(10)
    expect(harness.stored).to.deep.equal([])
    harness.send()
    await until("the snapshot", () => harness.stored.length === 1)
    expect(harness.stored).to.deep.equal([1000])
    expect(harness.loads).to.equal(1)
    expect(harness.shops.has(harness.shopId)).to.equal(false)
  })

  it("reads a shop after 1,000 records when it could not be read before", async () => {
    harness.fails = true
    harness.send(100)
    await until("the shop to be read", () => harness.loads === 1)
    harness.letGo()
    await sleep(10)
    harness.fails = false
    harness.send(899)
    expect(harness.loads).to.equal(1)
    harness.send()
    await until("the shop to be read again", () => harness.loads === 2)
    harness.letGo()
    await until("the snapshot", () => harness.stored.length === 1)
  })

  it("reads a shop after 1,000 records while there is no room for another busy one", async () => {
    harness = new Harness(1)
    harness.log.now = Date.now()
    const other = new TestLog()
    for (let i = 0; i < 100; i++) harness.shops.add(other.event())
    await until("the other shop to be read", () => harness.loads === 1)
    harness.letGo()
    harness.send(999)
    expect(harness.loads).to.equal(1)
    harness.send()
    await until("the shop to be read", () => harness.loads === 2)
    harness.letGo()
  })

  it("follows a busy shop that nobody looks at: it is read once, and its first get finds it loaded", async () => {
    harness.send(1000)
    await until("the shop to be read", () => harness.loads === 1)
    harness.letGo()
    await until("the snapshot", () => harness.stored.length === 1)
    harness.send(1000)
    await until("the second snapshot", () => harness.stored.length === 2)
    expect(harness.stored).to.deep.equal([1000, 2000])
    harness.send(3)
    expect(await harness.events()).to.equal(2003)
    expect(harness.loads).to.equal(1)
    expect(harness.shops.has(harness.shopId)).to.equal(true)
  })

  it("reads shops that become busy at the same time one after the other, while they are busy", async () => {
    const [second, third] = [new TestLog(), new TestLog()]
    harness.send(100)
    for (const other of [second, third]) for (let i = 0; i < 100; i++) harness.shops.add(other.event())
    expect(harness.loads).to.equal(1)
    await sleep(WARM_INTERVAL_MS)
    expect(harness.loads).to.equal(1)
    harness.shops.add(third.event())
    harness.shops.add(second.event())
    expect(harness.loads).to.equal(2)
    harness.letGo()
  })

  it("makes room when a busy shop has had no record for ten seconds", async () => {
    harness = new Harness(1)
    const other = new TestLog()
    const begin = Date.now()
    for (let i = 0; i < 100; i++) harness.shops.add(other.event())
    await until("the other shop to be read", () => harness.loads === 1)
    harness.letGo()
    harness.shops.tick(begin + 9000)
    harness.send(100)
    expect(harness.loads).to.equal(1)
    harness.shops.tick(Date.now() + 20_000)
    const third = new TestLog()
    await until("the third shop to be read", () => {
      for (let i = 0; i < 100; i++) harness.shops.add(third.event())
      return harness.loads === 2
    })
    harness.letGo()
  })

  it("follows so many busy shops and no more", async () => {
    harness = new Harness(1)
    harness.log.now = Date.now()
    const other = new TestLog()
    harness.send(1000)
    await until("the shop to be read", () => harness.loads === 1)
    harness.letGo()
    await until("the snapshot", () => harness.stored.length === 1)
    for (let i = 0; i < 1000; i++) harness.shops.add(other.event())
    await until("the other shop to be read", () => harness.loads === 2)
    harness.letGo()
    await until("its snapshot", () => harness.stored.length === 2)
    harness.send(1000)
    await until("the first shop to be read again", () => harness.loads === 3)
    harness.letGo()
    await until("its second snapshot", () => harness.stored.length === 3)
    expect(harness.stored.at(-1)).to.equal(2000)
  })

  it("stores no snapshot of a log that is gone", async () => {
    harness.send(1000)
    await until("the shop to be read", () => harness.loads === 1)
    harness.shops.dropWhere(() => true)
    harness.letGo()
    harness.send(1000)
    await until("the shop to be read again", () => harness.loads === 2)
    harness.letGo()
    await until("the snapshot", () => harness.stored.length === 1)
    expect(harness.stored).to.deep.equal([2000])
  })

  it("stores a snapshot after it had to read much, from the state that is loaded", async () => {
    harness.log.event()
    for (let i = 0; i < 700; i++) harness.log.event()
    const events = harness.events()
    harness.letGo()
    await events
    harness.send()
    await until("the snapshot", () => harness.stored.length === 1)
    expect(harness.loads).to.equal(1)
  })
})
