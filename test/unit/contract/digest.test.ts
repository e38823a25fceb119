import { expect } from "chai"
import fc from "fast-check"
import type { Basket } from "../../../contract/basket.ts"
import { basketDigest, DIGEST_EVENTS, digestOf, feedDigest } from "../../../contract/digest.ts"
import { samplePublishEvent } from "../../../contract/publish-event.ts"

const event = (seq: number) => ({ ...samplePublishEvent, seq, received_at: "2026-03-01T10:00:00.000Z" })

/** The newest first. */
const feedOf = (...seqs: number[]) => seqs.map(event)

describe("digestOf()", () => {
  it("[property] depends on the value alone, not on the order of its members or the way it took", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const reversed = (each: unknown): unknown => {
          if (typeof each !== "object" || each === null) return each
          if (Array.isArray(each)) return each.map(reversed)
          return Object.fromEntries(
            Object.entries(each)
              .reverse()
              .map(([name, member]) => [name, reversed(member)]),
          )
        }
        const arrived = JSON.parse(JSON.stringify(value)) as unknown
        expect(digestOf(arrived)).to.equal(digestOf(value))
        expect(digestOf(reversed(arrived))).to.equal(digestOf(value))
      }),
    )
  })

  it("[property] differs when a member, a character or the order of a list does", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 5 }), (texts) => {
        const all = digestOf({ texts })
        expect(digestOf({ texts: texts.toReversed() })).not.to.equal(all)
        expect(digestOf({ texts: texts.with(0, `${texts[0]}.`) })).not.to.equal(all)
        expect(digestOf({ texts, more: null })).not.to.equal(all)
      }),
    )
  })

  it("stays the same from version to version: services and pages are not updated at the same moment", () => {
    expect(digestOf({ b: [1, "é🍎", null], a: 0.1 })).to.equal("6212xu0dsi")
  })
})

describe("feedDigest()", () => {
  it(`covers the newest ${DIGEST_EVENTS} events up to a sequence`, () => {
    const seqs = Array.from({ length: 60 }, (_, i) => 100 - i)
    const all = feedDigest(feedOf(...seqs), 100)
    expect(feedDigest(feedOf(102, 101, ...seqs), 100)).to.equal(all)
    expect(feedDigest(feedOf(...seqs.slice(0, DIGEST_EVENTS)), 100)).to.equal(all)
    expect(feedDigest(feedOf(...seqs.slice(0, DIGEST_EVENTS - 1)), 100)).not.to.equal(all)
    expect(feedDigest(feedOf(...seqs), 99)).not.to.equal(all)
  })
})

describe("basketDigest()", () => {
  it("does not count annotations", () => {
    const basket = { session_id: "s", total: 1 } as Basket
    expect(basketDigest({ ...basket, annotations: { note: "VIP" } })).to.equal(basketDigest(basket))
    expect(basketDigest({ ...basket, total: 2 })).not.to.equal(basketDigest(basket))
  })
})
