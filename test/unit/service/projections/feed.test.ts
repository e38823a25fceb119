import { expect } from "chai"
import fc from "fast-check"
import { FEED_LIMIT } from "../../../../contract/limits.ts"
import type { ShownEvent } from "../../../../contract/publish-event.ts"
import { applyEvent, type Feed, type FeedChange } from "../../../../service/projections/feed.ts"
import { publishEvent } from "../../../helpers/events.ts"

const shown = (seq: number): ShownEvent => ({ ...publishEvent(), seq, received_at: "2026-01-01T00:00:00.000Z" })

/** A subscriber's copy after some changes, as RES has them. */
function follow(copy: readonly ShownEvent[], changes: readonly FeedChange[]): readonly ShownEvent[] {
  return changes.reduce(
    (feed, change) =>
      change.type === "remove" ? feed.toSpliced(change.index, 1) : feed.toSpliced(change.index, 0, change.event),
    copy,
  )
}

/** The newest of a log, newest first: what a `get` reads. */
const newestOf = (log: readonly ShownEvent[]): Feed => log.slice(-FEED_LIMIT).toReversed()

describe("applyEvent()", () => {
  it("adds at 0; once the feed is full it removes the oldest before that", () => {
    const first = applyEvent([], shown(1))
    expect(first.changes).to.deep.equal([{ type: "add", index: 0, event: first.feed[0] }])
    const full = Array.from({ length: FEED_LIMIT }, (_, i) => shown(FEED_LIMIT - i))
    const next = applyEvent(full, shown(FEED_LIMIT + 1))
    expect(next.changes.map(({ type, index }) => [type, index])).to.deep.equal([
      ["remove", FEED_LIMIT - 1],
      ["add", 0],
    ])
    expect(next.feed).to.have.length(FEED_LIMIT)
  })

  it("changes nothing for an event that is not newer", () => {
    const feed = [shown(7), shown(5)]
    for (const seq of [7, 6, 1]) expect(applyEvent(feed, shown(seq))).to.deep.equal({ feed, changes: [] })
  })

  it("[property] leads, loaded at any point and with any overlap, to what a replay of the whole log gives", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 350 })
    fc.assert(
      fc.property(gaps, fc.nat(), fc.nat(), (steps, loadPoint, overlapPoint) => {
        let seq = 0
        const log = steps.map((step) => {
          seq += step
          return shown(seq)
        })
        const loadedAt = log.length === 0 ? 0 : loadPoint % (log.length + 1)
        const resumeAt = loadedAt === 0 ? 0 : overlapPoint % (loadedAt + 1)

        let feed = newestOf(log.slice(0, loadedAt))
        let copy: readonly ShownEvent[] = feed
        // The tail may bring again what was read already.
        for (const event of log.slice(resumeAt)) {
          const next = applyEvent(feed, event)
          copy = follow(copy, next.changes)
          feed = next.feed
        }
        expect(feed).to.deep.equal(newestOf(log))
        expect(copy).to.deep.equal(feed)
      }),
    )
  })
})
