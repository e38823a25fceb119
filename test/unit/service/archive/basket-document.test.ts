import { randomUUID } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import type { SentEvent } from "../../../../contract/shared-session.ts"
import {
  applyToTransaction,
  type BasketDocument,
  basketDigest,
  basketFields,
  basketId,
  isNewer,
  isOurs,
  MAX_CHECKOUTS,
  type Transaction,
  transactionOf,
} from "../../../../service/archive/basket-document.ts"
import { type EventDocument, eventDocument, shownEvent } from "../../../../service/archive/event-document.ts"
import { logId } from "../../../../service/log/log-id.ts"
import { publishEvent } from "../../../helpers/events.ts"

const log = logId("2026-01-01T00:00:00Z")
const shop_id = randomUUID()
const session_id = randomUUID()
const START = Date.parse("2026-01-01T00:00:00.000Z")

/** The basket's event `seq`, a minute after the one before it. */
function event(seq: number, action: string, product_id = 1, price = 1, more: Partial<SentEvent> = {}): EventDocument {
  const received_at = new Date(START + seq * 60_000).toISOString()
  const sent = publishEvent({
    shop_id,
    session_id,
    action,
    product_id,
    product_price: price,
    basket_total: price,
    ...more,
  })
  return eventDocument(log, { shopId: shop_id, event: { ...sent, seq, received_at } })
}

function documentOf(transaction: Transaction): BasketDocument {
  return { _id: basketId({ shop_id, session_id }), shop_id, ...basketFields(transaction), version: 1 }
}

function fold(events: readonly EventDocument[], from?: Transaction): Transaction | undefined {
  return events.reduce<Transaction | undefined>(applyToTransaction, from)
}

describe("applyToTransaction()", () => {
  it("gives the same whether a basket was stored and read again in the middle, or not", () => {
    const step = fc.record({
      action: fc.constantFrom("ADD", "ADD", "REMOVE", "CHECKOUT", "LOOK"),
      product: fc.integer({ min: 1, max: 3 }),
      price: fc.double({ min: 0, max: 1000, noNaN: true }),
      more: fc.constantFrom({}, {}, { shared_session: "party" }, { shared_session: null }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 30 }), fc.nat(), (steps, at) => {
        const events = steps.map(({ action, product, price, more }, i) => event(i + 1, action, product, price, more))
        const middle = 1 + (at % (events.length - 1))
        const stored = fold(events.slice(0, middle))
        const whole = fold(events)
        if (stored === undefined || whole === undefined) throw new Error("no transaction")
        const goneOn = fold(events.slice(middle), transactionOf(documentOf(stored)))
        expect(goneOn && basketFields(goneOn)).to.deep.equal(basketFields(whole))
      }),
    )
  })

  it("goes on from a document of the version that did not name the checkout, and still takes it for our own", () => {
    const stored = fold([event(1, "ADD"), event(2, "CHECKOUT"), event(3, "CHECKOUT")])
    if (stored === undefined) throw new Error("no transaction")
    const { checked_out_at, checkout_seq, ...old } = documentOf(stored)
    expect([checked_out_at, checkout_seq]).to.deep.equal([new Date(START + 2 * 60_000), 2])
    // As that version has hashed it.
    const digest = "A34Nlbrxgzq5vzwunYzliOJCskGXcA_00D0COi-Payg"
    const document = { ...old, session_id: "4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94", digest } as BasketDocument
    expect(isOurs(document)).to.equal(true)
    expect(transactionOf(document).basket.checkout).to.deep.equal(transactionOf(documentOf(stored)).basket.checkout)
    expect(transactionOf(document).basket.checkout).to.deep.equal({ seq: 2, at: START + 2 * 60_000 })
  })

  it("does not take for its own a document whose order number another program has changed", () => {
    const stored = fold([event(1, "ADD"), event(2, "CHECKOUT")])
    if (stored === undefined) throw new Error("no transaction")
    const document = documentOf(stored)
    const ours = { ...document, digest: basketDigest(document) }
    expect(isOurs(ours)).to.equal(true)
    expect(isOurs({ ...ours, checkout_seq: 7 })).to.equal(false)
    const { checkout_seq: _, ...without } = ours
    expect(isOurs(without as BasketDocument)).to.equal(false)
  })

  it(`keeps the last ${MAX_CHECKOUTS} checkouts`, () => {
    const events = Array.from({ length: 2 * (MAX_CHECKOUTS + 3) }, (_, i) =>
      event(i + 1, i % 2 === 0 ? "ADD" : "CHECKOUT"),
    )
    const checkouts = fold(events)?.checkouts ?? []
    expect(checkouts).to.have.lengthOf(MAX_CHECKOUTS)
    expect(checkouts.at(-1)?.seq).to.equal(events.at(-1)?.seq)
    expect(checkouts[0]?.seq).to.equal(8)
  })
})

describe("isNewer()", () => {
  const transaction = fold([event(5, "ADD")])
  if (transaction === undefined) throw new Error("no transaction")

  it("goes by the sequence within a log, and by the log's age before that", () => {
    const [older, younger] = [logId("2025-01-01T00:00:00Z"), logId("2027-01-01T00:00:00Z")]
    expect(isNewer({ log: log.created, seq: 6 }, transaction)).to.equal(true)
    expect(isNewer({ log: log.created, seq: 5 }, transaction)).to.equal(false)
    expect(isNewer({ log: older.created, seq: 6 }, transaction)).to.equal(false)
    expect(isNewer({ log: younger.created, seq: 1 }, transaction)).to.equal(true)
  })
})

describe("a shared session", () => {
  it("is in the documents of an event and of its basket, and comes out of both again", () => {
    const named = event(1, "ADD", 1, 1, { shared_session: "party" })
    expect(named.shared_session).to.equal("party")
    expect(shownEvent(named).shared_session).to.equal("party")
    const document = documentOf(fold([named]) as Transaction)
    expect(document.shared_session).to.equal("party")
    expect(transactionOf(document).basket.shared_session).to.equal("party")
  })

  it("counts in a basket's digest only where there is one, so that older documents keep theirs", () => {
    const fields = basketFields(fold([event(1, "ADD")]) as Transaction)
    expect(fields).not.to.have.property("shared_session")
    expect(basketDigest({ ...fields, shared_session: "party" })).not.to.equal(basketDigest(fields))
  })
})
