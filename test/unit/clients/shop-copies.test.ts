import { expect } from "chai"
import fc from "fast-check"
import { GRACE_MS, ShopCopies } from "../../../clients/js/src/shop-copies.ts"
import type { Basket } from "../../../contract/basket.ts"
import { basketDigest, DIGEST_INTERVAL_MS, type Digest, feedDigest } from "../../../contract/digest.ts"
import { FEED_LIMIT } from "../../../contract/limits.ts"
import { type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"

const TICK_MS = 100

/** A service that changes what it shows, and a client that gets each resource's changes in order, but some later than others. */
class World {
  readonly #copies = new ShopCopies()
  /** What the client has now. */
  client: { feed: readonly ShownEvent[]; baskets: readonly Basket[] } = { feed: [], baskets: [] }
  /** What comparisons have found. */
  readonly found: string[] = []
  compared = 0
  now = 10_000
  #seq = 0
  #service: { feed: readonly ShownEvent[]; baskets: readonly Basket[] } = { feed: [], baskets: [] }
  #madeAt = Number.NEGATIVE_INFINITY
  #isChanged = false
  readonly #messages: { at: number; apply: () => void }[] = []
  readonly #lastAt = new Map<string, number>()

  constructor() {
    this.#show()
    this.#copies.takeDigest(this.#digest(), this.now)
  }

  /** @param delayMs how long the change is on its way */
  publish(delayMs: number): void {
    this.#seq++
    const event = { ...samplePublishEvent, seq: this.#seq, received_at: new Date(this.now).toISOString() }
    this.#service = { ...this.#service, feed: [event, ...this.#service.feed].slice(0, FEED_LIMIT) }
    this.#send("feed", delayMs, () => {
      this.client = { ...this.client, feed: [{ ...event }, ...this.client.feed].slice(0, FEED_LIMIT) }
    })
  }

  /** Opens, changes or closes a basket, by an event. */
  touch(id: string, delayMs: number): void {
    this.publish(delayMs)
    const basket = { session_id: id, last_seq: this.#seq } as Basket
    const known = this.#service.baskets.some(({ session_id }) => session_id === id)
    if (!known) {
      this.#service = { ...this.#service, baskets: [basket, ...this.#service.baskets] }
      this.#send("baskets", delayMs, () => {
        this.client = { ...this.client, baskets: [{ ...basket }, ...this.client.baskets] }
      })
    } else if (this.#seq % 3 === 0) {
      this.#service = { ...this.#service, baskets: without(this.#service.baskets, id) }
      this.#send("baskets", delayMs, () => {
        this.client = { ...this.client, baskets: without(this.client.baskets, id) }
      })
    } else {
      const replaced = (baskets: readonly Basket[], next: Basket) =>
        baskets.map((each) => (each.session_id === id ? next : each))
      this.#service = { ...this.#service, baskets: replaced(this.#service.baskets, basket) }
      this.#send("baskets", delayMs, () => {
        this.client = { ...this.client, baskets: replaced(this.client.baskets, { ...basket }) }
      })
    }
  }

  /** The service makes no digest for some time, as when another process takes its place. */
  withholdDigests(ms: number): void {
    this.#madeAt = Math.max(this.#madeAt, this.now + ms - DIGEST_INTERVAL_MS)
  }

  /** Lets time pass. @param delayMs how long digests are on their way meanwhile */
  pass(ms: number, delayMs = 0): void {
    for (const end = this.now + ms; this.now < end; this.now += TICK_MS) {
      if (this.#isChanged && this.now - this.#madeAt >= DIGEST_INTERVAL_MS) {
        const digest = this.#digest()
        this.#send("digest", delayMs, () => this.#copies.takeDigest(digest, this.now))
        this.#isChanged = false
      }
      const due = this.#messages.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at)
      for (const message of due) {
        this.#messages.splice(this.#messages.indexOf(message), 1)
        message.apply()
        this.#show()
      }
      if (this.now >= this.#copies.nextAt) this.#compare()
    }
  }

  /** Changes the client's copies behind its back. */
  tamper(change: (client: World["client"]) => void): void {
    change(this.client)
    this.#show()
  }

  #show(): void {
    this.#copies.feed.take(this.client.feed, this.now)
    this.#copies.baskets.take(this.client.baskets, this.now)
  }

  #send(resource: string, delayMs: number, apply: () => void): void {
    const at = Math.max(this.now + delayMs, this.#lastAt.get(resource) ?? 0)
    this.#lastAt.set(resource, at)
    this.#messages.push({ at, apply })
    this.#isChanged = true
  }

  #digest(): Digest {
    this.#madeAt = this.now
    const { feed, baskets } = this.#service
    return {
      seq: this.#seq,
      at: new Date(this.now).toISOString(),
      feed: feedDigest(feed, this.#seq),
      baskets: baskets.map((basket) => [basket.session_id, basketDigest(basket)]),
    }
  }

  #compare(): void {
    const { feed, baskets } = this.#copies.compare(this.now) ?? {}
    if (feed !== undefined) this.compared++
    if (feed) this.found.push("feed")
    if (baskets?.list) this.found.push("baskets")
    this.found.push(...(baskets?.baskets ?? []))
  }
}

function without(baskets: readonly Basket[], id: string): readonly Basket[] {
  return baskets.filter(({ session_id }) => session_id !== id)
}

/** Delays of digests, and of changes, which have to wait when the gateway fetches what is new in a list. */
const digestDelay = fc.integer({ min: 0, max: GRACE_MS - 2 * TICK_MS })
const changeDelay = fc.integer({ min: 0, max: 3 * GRACE_MS - 2 * TICK_MS })

describe("a client's copies of a shop", () => {
  it("[property] are never taken for wrong when they are right, whatever comes when", () => {
    const step = fc.record({
      what: fc.constantFrom("feed", "feed", "a", "b", "c"),
      pauseMs: fc.constantFrom(0, 0, TICK_MS, 1000, 3000, 6000, 20_000),
      withoutDigestsMs: fc.constantFrom(0, 0, 0, 3000, 10_000, 30_000),
      changeMs: changeDelay,
      digestMs: digestDelay,
    })
    let compared = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const { what, pauseMs, withoutDigestsMs, changeMs, digestMs } of steps) {
          world.withholdDigests(withoutDigestsMs)
          if (what === "feed") world.publish(changeMs)
          else world.touch(what, changeMs)
          world.pass(pauseMs, digestMs)
        }
        world.pass(20_000)
        expect(world.found).to.deep.equal([])
        compared += world.compared
      }),
    )
    expect(compared).to.be.above(100)
  })

  it("[property] are never taken for wrong when 200 events a second pour in", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(changeDelay, digestDelay), { minLength: 60, maxLength: 100 }), (delays) => {
        const world = new World()
        for (const [i, [changeMs, digestMs]] of delays.entries()) {
          for (let n = 0; n < 20; n++) {
            world.publish(changeMs)
            world.touch(`${(i * 20 + n) % 30}`, changeMs)
          }
          world.pass(TICK_MS, digestMs)
        }
        expect(world.found).to.deep.equal([])
      }),
      { numRuns: 20 },
    )
  })

  const filled = (): World => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.publish(0)
    world.touch("a", 0)
    world.touch("b", 0)
    world.pass(20_000)
    expect(world.found).to.deep.equal([])
    return world
  }

  const IN_OTHER_ORDER = "baskets in another order"
  const faults: Record<string, [expected: string, change: (client: World["client"]) => void]> = {
    "an event with another product": ["feed", ({ feed }) => Object.assign(feed[1] ?? {}, { product_name: "Pear" })],
    "an event that is missing": ["feed", (client) => Object.assign(client, { feed: client.feed.toSpliced(1, 1) })],
    "the newest event missing": ["feed", (client) => Object.assign(client, { feed: client.feed.slice(1) })],
    "a basket with another total": ["a", ({ baskets }) => Object.assign(baskets.at(-1) ?? {}, { total: 7 })],
    "a basket that is missing": ["baskets", (client) => Object.assign(client, { baskets: client.baskets.slice(1) })],
    "a basket too much": [
      "baskets",
      (client) => Object.assign(client, { baskets: [{ session_id: "x" }, ...client.baskets] }),
    ],
    [IN_OTHER_ORDER]: ["baskets", (client) => Object.assign(client, { baskets: client.baskets.toReversed() })],
  }
  for (const [fault, [expected, change]] of Object.entries(faults)) {
    it(`are found wrong within 15 s in a quiet shop: ${fault}`, () => {
      const world = filled()
      world.tamper(change)
      world.pass(15_000)
      expect(new Set(world.found)).to.deep.equal(new Set([expected]))
    })

    // The order is not looked at while baskets come and go.
    if (fault === IN_OTHER_ORDER) continue
    it(`are found wrong within 15 s while the shop goes on: ${fault}`, () => {
      const world = filled()
      world.tamper(change)
      for (let second = 0; second < 15; second++) {
        world.publish(0)
        world.touch("c", 0)
        world.pass(1000, 100)
      }
      expect(world.found).to.include(expected)
    })
  }

  it("are not compared with a digest of another time: more than half of the feed is newer", () => {
    const world = new World()
    for (let i = 0; i < 200; i++) world.publish(0)
    world.pass(20_000)
    const before = world.compared
    world.publish(0)
    world.pass(2 * TICK_MS)
    for (let i = 0; i < 60; i++) world.publish(0)
    world.pass(1500)
    expect(world.compared).to.equal(before)
    expect(world.found).to.deep.equal([])
  })
})
