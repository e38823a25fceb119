import { expect } from "chai"
import fc from "fast-check"
import { type ReadPage, Timeline } from "../../../clients/js/src/timeline.ts"
import { type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"
import { until } from "../../helpers/until.ts"

const FEED_LIMIT = 100

/** A log of one shop, whose sequences have gaps, and what the service answers from it. */
class Log {
  readonly events: ShownEvent[] = []
  reads = 0
  failing = 0

  add(count: number): void {
    for (let i = 0; i < count; i++) {
      const seq = (this.events[0]?.seq ?? 0) + 1 + (this.events.length % 3)
      this.events.unshift({ ...samplePublishEvent, seq, received_at: "2026-01-01T00:00:00.000Z" })
    }
  }

  erase(seq: number): void {
    this.events.splice(
      this.events.findIndex((event) => event.seq === seq),
      1,
    )
  }

  get feed(): ShownEvent[] {
    return this.events.slice(0, FEED_LIMIT)
  }

  readonly page: ReadPage = async (before = Number.POSITIVE_INFINITY, limit) => {
    this.reads++
    if (this.failing-- > 0) throw { code: "system.timeout", message: "" }
    return this.events.filter(({ seq }) => seq < before).slice(0, limit)
  }
}

const seqs = (events: readonly ShownEvent[]) => events.map(({ seq }) => seq)

describe("Timeline", () => {
  const timelines: Timeline[] = []

  function start(events: number): { log: Log; timeline: Timeline } {
    const log = new Log()
    log.add(events)
    const timeline = new Timeline(log.page, 1)
    timelines.push(timeline)
    timeline.follow(log.feed, true)
    return { log, timeline }
  }

  const shown = (timeline: Timeline) => seqs(timeline.state.get().events)
  const settled = (timeline: Timeline) => until("nothing missing", () => timeline.state.get().missing.size === 0)

  afterEach(() => {
    for (const timeline of timelines.splice(0)) timeline.stop()
  })

  it("reads what the archive has when the feed is empty", async () => {
    const log = new Log()
    log.add(150)
    const timeline = new Timeline(log.page, 1)
    timelines.push(timeline)
    timeline.follow([], true)
    await timeline.older()
    expect(shown(timeline)).to.deep.equal(seqs(log.feed))
    await timeline.older()
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("reads below a burst into a shop that was empty", async () => {
    const { log, timeline } = start(0)
    await timeline.older()
    expect(timeline.state.get().complete).to.equal(true)
    log.add(250)
    timeline.follow(log.feed, false)
    while (!timeline.state.get().complete) await timeline.older()
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("forgets what was erased, and does not take it in again", () => {
    const { log, timeline } = start(50)
    const [, erased] = shown(timeline)
    timeline.forget([erased ?? 0])
    expect(shown(timeline)).to.deep.equal(seqs(log.events).filter((seq) => seq !== erased))
    timeline.follow(log.feed, true)
    expect(shown(timeline)).not.to.include(erased)
  })

  it("takes the service's events for its own that differ, removes those that the service does not have, and keeps the rest", () => {
    const { log, timeline } = start(150)
    const before = timeline.state.get().events
    const [newest, second] = before
    if (newest === undefined || second === undefined) throw new Error("no events")
    Object.assign(newest, { product_name: "Tampered" })
    timeline.follow([{ ...newest, seq: newest.seq + 1 }, ...before.slice(0, 99)], false)
    log.add(2)
    const right = log.feed.map((event) => (event === newest ? { ...event, product_name: "Right" } : { ...event }))
    log.reads = 0
    timeline.correct(right)
    timeline.follow(right, true)
    const { events } = timeline.state.get()
    expect(seqs(events)).to.deep.equal(seqs(log.events.slice(0, 102)))
    expect(events[2]?.product_name).to.equal("Right")
    expect(events[3]).to.equal(second)
    expect(log.reads).to.equal(0)
  })

  it("keeps what leaves the feed, and reads nothing while the feed goes on", () => {
    const { log, timeline } = start(100)
    for (let i = 0; i < 250; i++) {
      log.add(1)
      timeline.follow(log.feed, false)
    }
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
    expect(log.reads).to.equal(0)
  })

  it("shows the first event of an empty shop, and takes no page for it", () => {
    const { log, timeline } = start(0)
    log.add(1)
    timeline.follow(log.feed, false)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
    expect(log.reads).to.equal(0)
  })

  it("reads what it missed, also what has left the feed, until an event comes that it knows", async () => {
    const { log, timeline } = start(120)
    log.add(350)
    timeline.follow(log.feed, true)
    expect(timeline.state.get().missing.size).to.equal(1)
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events.slice(0, 350 + 100)))
    expect(log.reads).to.equal(3)
  })

  it("reads no page when the feed still holds what it knows", async () => {
    const { log, timeline } = start(120)
    log.add(99)
    timeline.follow(log.feed, true)
    expect(shown(timeline)).to.deep.equal(seqs(log.events.slice(0, 199)))
    expect(log.reads).to.equal(0)
  })

  it("goes on after a page that could not be read", async () => {
    const { log, timeline } = start(100)
    log.add(300)
    log.failing = 1
    timeline.follow(log.feed, true)
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("is not misled by a feed that the gateway brings up to date change by change", async () => {
    const { log, timeline } = start(100)
    const before = log.feed
    log.add(150)
    const after = log.feed
    // First some of the new ones above the old, then all of the new ones.
    timeline.follow([...after.slice(0, 2), ...before.slice(0, 98)], false)
    timeline.follow([...after.slice(0, 50), ...before.slice(0, 50)], false)
    timeline.follow(after, false)
    await until("all", () => shown(timeline).length === 250)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("reads older pages down to the first event", async () => {
    const { log, timeline } = start(230)
    await timeline.older()
    expect(shown(timeline)).to.have.length(200)
    await timeline.older()
    await timeline.older()
    expect(timeline.state.get().complete).to.equal(true)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
    await timeline.older()
    expect(log.reads).to.equal(3)
  })

  it("tells why an older page failed, and reads it when asked again", async () => {
    const { log, timeline } = start(150)
    log.failing = 1
    await timeline.older()
    expect(timeline.state.get()).to.deep.include({ reading: false, failure: { code: "system.timeout", message: "" } })
    await timeline.older()
    expect(timeline.state.get().failure).to.equal(undefined)
    expect(shown(timeline)).to.have.length(150)
  })

  it("keeps the newest 5,000 beside what was scrolled back to", async () => {
    const { log, timeline } = start(200)
    await timeline.older()
    for (let i = 0; i < 60; i++) {
      log.add(100)
      timeline.follow(log.feed, true)
      await settled(timeline)
    }
    expect(shown(timeline)).to.deep.equal(seqs(log.events.slice(0, 5100)))
  })

  it("misses none of 1,000 events that pass through the feed faster than it is drawn", async () => {
    const { log, timeline } = start(1)
    for (let i = 0; i < 3; i++) {
      log.add(330)
      timeline.follow(log.feed, false)
    }
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("finds a second hole below the first", async () => {
    const { log, timeline } = start(120)
    log.add(250)
    log.failing = 1
    timeline.follow(log.feed, true)
    log.add(250)
    timeline.follow(log.feed, true)
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events.slice(0, 600)))
  })

  it("does not take a feed for whole that was cut off while the gateway brought it up to date", async () => {
    const { log, timeline } = start(100)
    const before = log.feed
    log.add(90)
    timeline.follow([...log.feed.slice(0, 2), ...before.slice(0, 10)], false)
    log.add(95)
    timeline.follow(log.feed, true)
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  it("reads below the event above when one is erased below which some are missing", async () => {
    const { log, timeline } = start(100)
    log.add(300)
    log.failing = 1
    timeline.follow(log.feed, true)
    const [edge = 0] = timeline.state.get().missing
    log.erase(edge)
    timeline.forget([edge])
    await settled(timeline)
    expect(shown(timeline)).to.deep.equal(seqs(log.events))
  })

  /** The ways from one feed to the next, as a gateway sends them: an event at a time, or the differences after a reset. */
  type Way = "live" | "reset" | "fresh" | "cut"
  type Step = {
    readonly missed: number
    readonly way: Way
    readonly frames: number
    readonly older: boolean
    readonly failing: number
  }
  const step: fc.Arbitrary<Step> = fc.record({
    missed: fc.integer({ min: 0, max: 320 }),
    way: fc.constantFrom("live", "reset", "fresh", "cut"),
    /** A frame is drawn after so many messages. */
    frames: fc.integer({ min: 1, max: 300 }),
    older: fc.boolean(),
    failing: fc.integer({ min: 0, max: 1 }),
  })

  /** What the page's copy of the feed goes through. */
  function feeds(log: Log, { missed, way }: Step): ShownEvent[][] {
    const before = log.feed
    if (way === "live") {
      return Array.from({ length: missed }).flatMap(() => {
        const full = log.feed
        log.add(1)
        return full.length < FEED_LIMIT ? [log.feed] : [full.slice(0, -1), log.feed]
      })
    }
    log.add(missed)
    if (way === "fresh") return [log.feed]
    const after = log.feed
    const kept = before.filter(({ seq }) => after.some((event) => event.seq === seq))
    const removals = before.slice(kept.length).map((_, i) => before.slice(0, before.length - i - 1))
    const additions = after.slice(0, after.length - kept.length).map((_, i) => [...after.slice(0, i + 1), ...kept])
    const all = [...removals, ...additions]
    // The connection is lost before the last of them; then the feed is subscribed to again.
    if (way === "reset" || all.length === 0) return all
    const cut = all.slice(0, -1)
    log.add(missed)
    return [...cut, log.feed]
  }

  it("ends without a hole or a repetition, whatever feeds and pages come, and however few of them are drawn", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 250 }), fc.array(step, { maxLength: 8 }), async (first, steps) => {
        const { log, timeline } = start(first)
        for (const next of steps) {
          log.failing = next.failing
          const seen = feeds(log, next)
          seen.forEach((feed, i) => {
            const isLast = i === seen.length - 1
            if (isLast || i % next.frames === 0)
              timeline.follow(feed, isLast && (next.way === "fresh" || next.way === "cut"))
          })
          if (next.older) await timeline.older()
        }
        await settled(timeline)
        timeline.stop()
        const events = shown(timeline)
        expect(events).to.deep.equal(seqs(log.events.slice(0, events.length)))
        expect(events.length).to.be.at.least(Math.min(log.events.length, FEED_LIMIT))
      }),
      { numRuns: 150 },
    )
  })
})
