import { expect } from "chai"
import fc from "fast-check"
import { type ShownEvent, samplePublishEvent } from "../../../service/schemas/publish-event.ts"
import { type ReadPage, Timeline } from "../../../web/merchant/timeline.ts"
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

  get feed(): ShownEvent[] {
    return this.events.slice(0, FEED_LIMIT)
  }

  readonly page: ReadPage = async (before, limit) => {
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
    const timeline = new Timeline(log.page)
    timelines.push(timeline)
    timeline.follow(log.feed, true)
    return { log, timeline }
  }

  const shown = (timeline: Timeline) => seqs(timeline.state.get().events)
  const settled = (timeline: Timeline) => until("nothing missing", () => timeline.state.get().missing.size === 0)

  afterEach(() => {
    for (const timeline of timelines.splice(0)) timeline.stop()
  })

  it("forgets what was erased, and does not take it in again", () => {
    const { log, timeline } = start(50)
    const [, erased] = shown(timeline)
    timeline.forget([erased ?? 0])
    expect(shown(timeline)).to.deep.equal(seqs(log.events).filter((seq) => seq !== erased))
    timeline.follow(log.feed, true)
    expect(shown(timeline)).not.to.include(erased)
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

  it("ends without a hole or a repetition, whatever is missed when", async () => {
    const step = fc.record({ missed: fc.integer({ min: 0, max: 320 }), fresh: fc.boolean(), older: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 250 }), fc.array(step, { maxLength: 8 }), async (first, steps) => {
        const { log, timeline } = start(first)
        for (const { missed, fresh, older } of steps) {
          log.add(missed)
          timeline.follow(log.feed, fresh || missed > 0)
          if (older) await timeline.older()
        }
        await settled(timeline)
        const events = shown(timeline)
        expect(events).to.deep.equal(seqs(log.events.slice(0, events.length)))
      }),
      { numRuns: 60 },
    )
  })
})
