import { expect } from "chai"
import { PublishEvent, samplePublishEvent } from "../../../../contract/publish-event.ts"
import { CartUpdate, Introduction, ReadyUpdate, SessionId } from "../../../../contract/session-calls.ts"
import { type Basket, shownBasket } from "../../../../service/projections/basket.ts"
import { applyRecord, emptyShop, type Shop } from "../../../../service/projections/shop.ts"
import { ArgumentError, demoArguments } from "../../../../tools/demo/arguments.ts"
import { shops } from "../../../../tools/demo/catalogue.ts"
import { FRIENDS_SESSION, type FriendStep, friendNames } from "../../../../tools/demo/friends.ts"
import { crowdAt, DAY_EVENTS, type Step, script } from "../../../../tools/demo/script.ts"
import type { DemoEvent } from "../../../../tools/demo/visit.ts"

/** The first steps of a seed. */
function stepsOf(seed: number, count: number): Step[] {
  const steps: Step[] = []
  for (const step of script(seed)) {
    steps.push(step)
    if (steps.length === count) break
  }
  return steps
}

const eventsOf = (steps: readonly Step[]): DemoEvent[] =>
  steps.flatMap((step) => (step.type === "publish" ? [step.event] : []))

const friendStepsOf = (steps: readonly Step[]): FriendStep[] =>
  steps.flatMap((step) => (step.type === "friend" ? [step.step] : []))

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

describe("the demo's script", () => {
  const steps = stepsOf(1, 6000)
  const events = eventsOf(steps)

  it("is the same for the same seed, and another one for another seed", () => {
    expect(stepsOf(1, 6000)).to.deep.equal(steps)
    const other = eventsOf(stepsOf(2, 6000))
    expect(other.map(({ session_id }) => session_id)).to.not.include(events[0]?.session_id)
    expect(other.slice(0, 100).map(({ product_id }) => product_id)).to.not.deep.equal(
      events.slice(0, 100).map(({ product_id }) => product_id),
    )
    // Seeds beyond 32 bits count too.
    expect(stepsOf(2 ** 40 + 1, 1)).to.not.deep.equal(stepsOf(1, 1))
  })

  it("has only events that are valid and go into the log as they are", () => {
    for (const event of events) {
      const sent = { ...event, create_time: new Date().toISOString() }
      expect(PublishEvent.parse(sent)).to.deep.equal(sent)
    }
  })

  it("plays in the shop of the docs and in two more, each with its own products and shoppers", () => {
    const byShop = groupBy(events, ({ shop_id }) => shop_id)
    expect([...byShop.keys()]).to.have.members(shops.map(({ shop_id }) => shop_id))
    expect(shops[0]?.shop_id).to.equal(samplePublishEvent.shop_id)
    for (const { shop_id, products, share } of shops) {
      const own = byShop.get(shop_id) ?? []
      expect(own.length / events.length).to.be.within(share - 0.05, share + 0.05)
      expect(products.map(({ product_id }) => product_id)).to.include.members(own.map(({ product_id }) => product_id))
      expect(new Set(own.map(({ shopper_id }) => shopper_id)).size).to.be.within(30, 60)
    }
    const ids = shops.flatMap(({ products }) => products.map(({ product_id }) => product_id))
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it("lets baskets grow and shrink, be checked out or left behind; totals are right but for coupons", () => {
    let shop: Shop = emptyShop()
    const drifting = new Set<string>()
    for (const [i, event] of events.entries()) {
      const shown = { ...event, create_time: "", seq: i + 1, received_at: new Date(i * 100).toISOString() }
      shop = applyRecord(shop, { shopId: event.shop_id, event: shown }).shop
      if (event.action === "COUPON") drifting.add(event.session_id)
      const basket = shownBasket(shop.baskets.get(event.session_id) as Basket, i)
      if (!drifting.has(event.session_id)) expect(basket.drift, `event ${i}`).to.equal(false)
      if (event.action === "REMOVE") expect(basket.events).to.be.above(1)
      expect(basket.item_count).to.be.within(0, 12)
    }
    expect(drifting.size).to.be.above(10)
    const last = groupBy(events, ({ session_id }) => session_id)
    const ends = [...last.values()].map((own) => own.at(-1)?.action)
    const bought = ends.filter((action) => action === "CHECKOUT").length / ends.length
    expect(bought).to.be.within(0.6, 0.85)
    for (const action of ["ADD", "REMOVE", "CHECKOUT", "WISHLIST", "COUPON"])
      expect(events.filter((event) => event.action === action).length, action).to.be.above(20)
  })

  it("has the average pace that is asked for, with nights and peaks", () => {
    const pauses = steps.flatMap((step) => (step.type === "publish" ? [step.pause] : []))
    const days = Math.floor(pauses.length / DAY_EVENTS)
    const mean = pauses.slice(0, days * DAY_EVENTS).reduce((sum, pause) => sum + pause, 0) / (days * DAY_EVENTS)
    expect(mean).to.be.within(0.9, 1.1)
    expect(crowdAt(19 / 24) / crowdAt(3 / 24)).to.be.above(4)
    expect(crowdAt(12.5 / 24)).to.be.within(2 * crowdAt(3 / 24), crowdAt(19 / 24))
  })

  it("lets two friends meet, fill their carts, be ready, the host last, and go; in the old protocol's words", () => {
    const played = friendStepsOf(steps)
    expect(SessionId.safeParse(FRIENDS_SESSION).success).to.equal(true)
    const visits = played
      .map(({ who, does }) => `${who} ${does}`)
      .join(",")
      .split("Ann enter,")
      .filter((visit) => visit !== "")
    for (const visit of visits.slice(0, -1)) {
      expect(visit).to.match(/^Bob enter,((Ann|Bob) updateCart,){8,14}Bob ready,Ann ready,Bob leave,Ann leave,$/)
    }
    expect(visits.length).to.be.above(20)
    for (const customerName of friendNames) expect(Introduction.safeParse({ customerName }).success).to.equal(true)
    for (const step of played) {
      if (step.does === "updateCart")
        expect(CartUpdate.safeParse({ customerId: "x", cartContent: step.cart }).success).to.equal(true)
      if (step.does === "ready")
        expect(ReadyUpdate.safeParse({ customerId: "x", customerReadyToCheckout: step.ready }).success).to.equal(true)
    }
  })
})

describe("demoArguments()", () => {
  it("reads seed and rate, and leaves the rest to others", () => {
    expect(demoArguments(["--demo", "--seed", "7", "--rate=300", "--watch"])).to.deep.equal({ seed: 7, rate: 300 })
    expect(demoArguments([])).to.deep.equal({ seed: undefined, rate: undefined })
  })

  it("says in one line what is wrong", () => {
    expect(() => demoArguments(["--rate", "0"])).to.throw(
      ArgumentError,
      "--rate 0: expected a whole number from 1 to 6000",
    )
    for (const wrong of ["x", "-1", "1.5", "1e3", ""])
      expect(() => demoArguments([`--seed=${wrong}`])).to.throw(ArgumentError)
    expect(() => demoArguments(["--seed"])).to.throw(ArgumentError)
  })
})
