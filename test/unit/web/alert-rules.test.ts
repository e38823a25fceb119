import { expect } from "chai"
import fc from "fast-check"
import type { Basket } from "../../../contract/basket.ts"
import { type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"
import {
  type Alert,
  type AlertRules,
  basketAlerts,
  eventAlert,
  quietAlert,
  readHistory,
  readRules,
  withAlerts,
} from "../../../web/merchant/alerts/alert-rules.ts"

const rules: AlertRules = {
  ...readRules(undefined),
  orderFrom: 50,
  abandonedFrom: 30,
  action: " help ",
  drift: true,
  quietMinutes: 10,
}
const event: ShownEvent = { ...samplePublishEvent, seq: 7, received_at: "2026-11-26T12:00:00.000Z" }

function basket(fields: Partial<Basket>): Basket {
  return {
    session_id: "s",
    status: "open",
    drift: false,
    total: 0,
    last_seq: 1,
    last_at: event.received_at,
    ...fields,
  } as Basket
}

describe("alerts of events", () => {
  const kind = (fields: Partial<ShownEvent>, from = rules) => eventAlert(from, { ...event, ...fields })?.kind

  it("tell of an order of at least the amount, and of no other", () => {
    expect(kind({ action: "Checkout", basket_total: 50 })).to.equal("order")
    expect(kind({ action: "CHECKOUT", basket_total: 49.99 })).to.equal(undefined)
    expect(kind({ action: "ADD", basket_total: 500 })).to.equal(undefined)
    expect(kind({ action: "CHECKOUT", basket_total: 500 }, { ...rules, orderFrom: undefined })).to.equal(undefined)
  })

  it("tell of an action by its name in any case", () => {
    expect(kind({ action: "Help" })).to.equal("action")
    expect(kind({ action: "" }, { ...rules, action: "  " })).to.equal(undefined)
  })
})

describe("alerts of baskets", () => {
  const judging = (abandonedSince: number) => ({
    abandonedSince,
    isAbandoned: ({ status }: Basket) => status === "idle",
  })
  const known = (...baskets: Basket[]) => basketAlerts(rules, undefined, baskets, judging(0)).after
  const kinds = (was: Partial<Basket> | undefined, is: Partial<Basket>, from = rules) => {
    const since = Date.parse(event.received_at) - 1000
    const before = was === undefined ? known() : known(basket(was))
    return basketAlerts(from, before, [basket(is)], judging(since)).alerts.map(({ kind }) => kind)
  }

  it("tell nothing of what was there before", () => {
    const { alerts } = basketAlerts(rules, undefined, [basket({ status: "idle", total: 99, drift: true })], judging(0))
    expect(alerts).to.deep.equal([])
  })

  it("tell once of an abandoned one of at least the amount", () => {
    expect(kinds({}, { status: "idle", total: 30 })).to.deep.equal(["abandoned"])
    expect(kinds({}, { status: "idle", total: 29 })).to.deep.equal([])
    expect(kinds({ status: "idle" }, { status: "idle", total: 30 })).to.deep.equal([])
    expect(kinds(undefined, { status: "idle", total: 30 })).to.deep.equal(["abandoned"])
    const old = basket({ status: "idle", total: 30 })
    expect(basketAlerts(rules, known(), [old], judging(Date.parse(old.last_at) + 1)).alerts).to.deep.equal([])
    expect(kinds({}, { status: "idle", total: 30 }, { ...rules, abandonedFrom: undefined })).to.deep.equal([])
  })

  it("tell once of totals that don't match", () => {
    expect(kinds({}, { drift: true })).to.deep.equal(["drift"])
    expect(kinds({ drift: true }, { drift: true })).to.deep.equal([])
    expect(kinds({}, { drift: true }, { ...rules, drift: false })).to.deep.equal([])
  })
})

describe("an alert of no activity", () => {
  const activity = { lastAt: event.received_at, hours: null, timeZone: "UTC" }
  const at = (minutes: number) => Date.parse(event.received_at) + minutes * 60_000
  const open = { thu: [["12:05", "13:00"]] } as never

  it("comes after the minutes, with the same key until something happens", () => {
    expect(quietAlert(rules, activity, at(9.9))).to.equal(undefined)
    const first = quietAlert(rules, activity, at(10))
    expect(first).to.include({ kind: "quiet", minutes: 10 })
    expect(quietAlert(rules, activity, at(45))?.key).to.equal(first?.key)
    expect(quietAlert({ ...rules, quietMinutes: undefined }, activity, at(45))).to.equal(undefined)
  })

  it("comes in opening hours only, and counts from their beginning", () => {
    expect(quietAlert(rules, { ...activity, hours: open }, at(14))).to.equal(undefined)
    expect(quietAlert(rules, { ...activity, hours: open }, at(15))).to.include({ kind: "quiet" })
    expect(quietAlert(rules, { ...activity, hours: open }, at(61))).to.equal(undefined)
  })
})

describe("what is kept of alerts", () => {
  const alert = (key: string): Alert => ({ key, at: event.received_at, sessionId: undefined, kind: "drift" })

  it("has each cause once, the newest first, at most 100", () => {
    const history = withAlerts([alert("a")], [alert("b"), alert("a")])
    expect(history.map(({ key }) => key)).to.deep.equal(["b", "a"])
    expect(withAlerts(history, [alert("b")])).to.equal(history)
    const many = Array.from({ length: 150 }, (_, i) => alert(`${i}`))
    expect(withAlerts(history, many)).to.have.length(100)
  })

  it("is read back as it was stored", () => {
    const all: Alert[] = [
      { key: "1", at: event.received_at, sessionId: "s", kind: "order", amount: 5 },
      { key: "2", at: event.received_at, sessionId: "s", kind: "action", action: "HELP", product: "Tea" },
      { key: "3", at: event.received_at, sessionId: "s", kind: "drift" },
      { key: "4", at: event.received_at, sessionId: undefined, kind: "quiet", minutes: 10 },
    ]
    expect(JSON.stringify(readHistory(JSON.parse(JSON.stringify(all))))).to.equal(JSON.stringify(all))
    expect(JSON.stringify(readRules(JSON.parse(JSON.stringify(rules))))).to.equal(JSON.stringify(rules))
  })

  it("keeps the amount under its earlier name", () => {
    expect(readRules({ checkoutFrom: 70, action: "x", drift: true, sound: true })).to.deep.include({
      orderFrom: 70,
      action: "x",
      drift: true,
      sound: true,
    })
  })

  it("[property] is usable whatever was stored", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue()), (anything, list) => {
        const { action, sound } = readRules(anything)
        expect([typeof action, typeof sound]).to.deep.equal(["string", "boolean"])
        for (const { key, at } of readHistory(list)) expect([typeof key, typeof at]).to.deep.equal(["string", "string"])
      }),
    )
  })
})
