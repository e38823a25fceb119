import { expect } from "chai"
import fc from "fast-check"
import type { Basket } from "../../../contract/basket.ts"
import { tasksFor, undoing } from "../../../web/merchant/work/basket-tasks.ts"
import { laneNames, lanesOf, sorted, sortings, urgencyOf, waitingSince } from "../../../web/merchant/work/lanes.ts"
import { steadyOrder } from "../../../web/merchant/work/steady-order.ts"

const NOW = Date.parse("2026-11-26T12:00:00.000Z")
const thresholds = { cold_after_s: 600, abandoned_after_s: 7200 }

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

function basket(fields: Partial<Basket> = {}): Basket {
  return {
    session_id: "4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94",
    shopper_id: "ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94",
    status: "open",
    checked_out_at: null,
    checkout_seq: null,
    lines: [],
    item_count: 0,
    total: 0,
    basket_total: 0,
    drift: false,
    events: 1,
    first_at: ago(0),
    last_at: ago(0),
    last_action: "ADD",
    last_seq: 1,
    acknowledged_by: null,
    acknowledged_at: null,
    done_by: null,
    done_at: null,
    ...fields,
  }
}

describe("lanesOf()", () => {
  const lane = (fields: Partial<Basket>) => {
    const lanes = lanesOf([basket(fields)], thresholds, NOW)
    return laneNames.filter((name) => lanes[name].length > 0)
  }

  for (const [title, fields, expected] of [
    ["a basket with activity", { last_at: ago(599) }, "active"],
    ["one without activity for the shop's threshold", { last_at: ago(600) }, "cold"],
    ["one right before it counts as abandoned", { last_at: ago(7199) }, "cold"],
    ["one past the shop's threshold that the service has not closed yet", { last_at: ago(7200) }, "abandoned"],
    ["a basket by a clock that is behind", { last_at: ago(-30) }, "active"],
    ["an order", { status: "checked_out", last_at: ago(9000) }, "orders"],
    ["an idle one", { status: "idle", last_at: ago(0) }, "abandoned"],
  ] as const) {
    it(`puts ${title} into "${expected}"`, () => expect(lane(fields)).to.deep.equal([expected]))
  }

  it("shows a basket once that is in two lists for a moment", () => {
    const lanes = lanesOf([basket(), basket({ status: "checked_out" })], thresholds, NOW)
    expect(laneNames.map((name) => lanes[name].length)).to.deep.equal([1, 0, 0, 0])
  })
})

describe("urgencyOf()", () => {
  for (const [title, fields, expected] of [
    ["a new basket", { last_at: ago(0) }, "fresh"],
    ["one that goes cold", { last_at: ago(600) }, "cold"],
    ["one past the last threshold", { last_at: ago(7200) }, "late"],
    ["an order since its checkout", { status: "checked_out", checked_out_at: ago(700), last_at: ago(0) }, "cold"],
    ["an order of an older service", { status: "checked_out", last_at: ago(8000) }, "late"],
  ] as const) {
    it(`is "${expected}" for ${title}`, () => expect(urgencyOf(basket(fields), thresholds, NOW)).to.equal(expected))
  }
})

describe("thresholds in another order", () => {
  it("count a basket as abandoned that would go cold later", () => {
    const odd = { cold_after_s: 600, abandoned_after_s: 3 }
    expect(urgencyOf(basket({ last_at: ago(5) }), odd, NOW)).to.equal("late")
    expect(lanesOf([basket({ last_at: ago(5) })], odd, NOW).abandoned).to.have.length(1)
  })
})

describe("sorted()", () => {
  const some = fc.record({
    session_id: fc.uuid({ version: 4 }),
    last_at: fc.integer({ min: 0, max: 100 }).map(ago),
    total: fc.integer({ min: 0, max: 20 }),
  })

  it("[property] has the same baskets in the same order, however they came", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(some, { selector: ({ session_id }) => session_id }),
        fc.constantFrom(...sortings),
        (all, sorting) => {
          const baskets = all.map(basket)
          const result = sorted(baskets, sorting)
          expect(result).to.have.members(baskets)
          expect(sorted(baskets.toReversed(), sorting)).to.deep.equal(result)
          result.slice(1).forEach((next, i) => {
            const before = result[i] ?? next
            const [a, b] = [waitingSince(before), waitingSince(next)]
            expect(sorting === "value" ? before.total >= next.total : sorting === "newest" ? a >= b : a <= b).to.equal(
              true,
            )
          })
        },
      ),
    )
  })
})

describe("tasksFor()", () => {
  const tasks = (fields: Partial<Basket>) => tasksFor(basket(fields))

  it("offers a claim, then to give it back or to be done, then to reopen", () => {
    expect(tasks({ status: "checked_out" })).to.deep.equal(["acknowledge", "complete"])
    expect(tasks({ status: "checked_out", acknowledged_by: "Ann" })).to.deep.equal(["complete", "release"])
    expect(tasks({ status: "checked_out", acknowledged_by: "Ann", done_by: "Ann" })).to.deep.equal(["reopen"])
  })

  it("does not offer to be done while a customer is shopping", () => {
    expect(tasks({})).to.deep.equal(["acknowledge"])
    expect(tasks({ acknowledged_by: "Ann" })).to.deep.equal(["release"])
  })

  it("knows for each task the one that takes it back", () => {
    for (const task of ["acknowledge", "release", "complete", "reopen"] as const)
      expect(undoing[undoing[task]]).to.equal(task)
  })
})

describe("steadyOrder()", () => {
  const idOf = (id: string) => id

  it("keeps what is shown where it is, and has what is new at the end, in its order", () => {
    expect(steadyOrder(["c", "a", "b"], ["n", "a", "b", "m", "c"], idOf)).to.deep.equal(["c", "a", "b", "n", "m"])
  })

  it("closes the place of what is gone", () => {
    expect(steadyOrder(["c", "a", "b"], ["a", "b"], idOf)).to.deep.equal(["a", "b"])
  })
})
