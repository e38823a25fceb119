import { expect } from "chai"
import fc from "fast-check"
import { FeedSearch } from "../../../clients/js/src/feed-search.ts"
import { type ReadPage, Timeline } from "../../../clients/js/src/timeline.ts"
import { type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"
import { until } from "../../helpers/until.ts"

const FEED_LIMIT = 100

/** A log of one shop, in which each third event is a checkout, and what the service answers from it. */
class Log {
  readonly events: ShownEvent[] = []
  /** The last sequence; those of erased events are not used again. */
  #last = 0
  /** The next request for a page of checkouts fails with this. */
  failure: object | undefined
  /** Events that a request for a page searches. */
  mostScanned = Number.POSITIVE_INFINITY

  add(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#last += 1 + (this.events.length % 3)
      const action = this.events.length % 3 === 0 ? "CHECKOUT" : "ADD"
      this.events.unshift({ ...samplePublishEvent, action, seq: this.#last, received_at: "2026-01-01T00:00:00.000Z" })
    }
  }

  get feed(): ShownEvent[] {
    return this.events.slice(0, FEED_LIMIT)
  }

  readonly page: ReadPage = async (before = Number.POSITIVE_INFINITY, limit) =>
    this.events.filter(({ seq }) => seq < before).slice(0, limit)

  readonly checkouts: ReadPage = async (before = Number.POSITIVE_INFINITY, limit) => {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
    const searched = this.events.filter(({ seq }) => seq < before).slice(0, this.mostScanned)
    const found = searched.filter(isCheckout).slice(0, limit)
    const last = searched.at(-1)?.seq ?? 1
    if (found.length === 0 && this.events.some(({ seq }) => seq < last)) {
      throw { code: "store.searchTooLong", message: "", data: { before: last } }
    }
    return found
  }
}

const isCheckout = ({ action }: ShownEvent) => action === "CHECKOUT"
const seqs = (events: readonly ShownEvent[]) => events.map(({ seq }) => seq)

describe("FeedSearch", () => {
  const timelines: Timeline[] = []

  function start(events: number): { log: Log; timeline: Timeline; search: FeedSearch } {
    const log = new Log()
    log.add(events)
    const timeline = new Timeline(log.page, 1)
    timelines.push(timeline)
    timeline.follow(log.feed, true)
    const search = new FeedSearch(timeline, isCheckout, log.checkouts)
    search.start()
    return { log, timeline, search }
  }

  const found = (search: FeedSearch) => seqs(search.state.get().events)

  /** Searches back to the shop's first event. */
  async function searchAll(search: FeedSearch): Promise<void> {
    for (let requests = 0; !search.state.get().complete; requests++) {
      expect(requests).to.be.below(10_000)
      await search.older()
    }
  }

  afterEach(() => {
    for (const timeline of timelines.splice(0)) timeline.stop()
  })

  it("has those of the timeline at once, new ones as they come, and older ones when asked", async () => {
    const { log, timeline, search } = start(300)
    expect(found(search)).to.deep.equal(seqs(log.feed.filter(isCheckout)))
    log.add(5)
    timeline.follow(log.feed, false)
    expect(found(search)[0]).to.equal(log.events.find(isCheckout)?.seq)
    await searchAll(search)
    expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
  })

  it("goes on where a request ended that had found nothing", async () => {
    const { log, search } = start(301)
    log.mostScanned = 1
    await search.older()
    const { reading, complete, failure } = search.state.get()
    expect({ reading, complete, failure }).to.deep.equal({ reading: false, complete: false, failure: undefined })
    await searchAll(search)
    expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
  })

  it("tells why a request failed, and repeats it when asked again", async () => {
    const { log, search } = start(200)
    log.failure = { code: "system.timeout", message: "late" }
    await search.older()
    expect(search.state.get().failure).to.deep.equal({ code: "system.timeout", message: "late" })
    await searchAll(search)
    expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
  })

  it("forgets what was erased", () => {
    const { timeline, search } = start(100)
    const [first, second = 0] = found(search)
    timeline.forget([second])
    expect(found(search)).to.include(first).and.not.include(second)
  })

  it("has nothing in an empty shop, and its first event", async () => {
    const { log, timeline, search } = start(0)
    await search.older()
    const { reading, complete } = search.state.get()
    expect({ reading, complete }).to.deep.equal({ reading: false, complete: true })
    log.add(1)
    timeline.follow(log.feed, false)
    expect(found(search)).to.deep.equal(seqs(log.events))
  })

  it("has what the log has dropped and the archive has not, and new events above it", async () => {
    const log = new Log()
    log.add(250)
    const timeline = new Timeline(log.page, 1)
    timelines.push(timeline)
    timeline.follow([], true)
    const search = new FeedSearch(timeline, isCheckout, log.checkouts)
    search.start()
    await searchAll(search)
    expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
    log.add(3)
    timeline.follow(log.events.slice(0, 3), false)
    expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
  })

  it("keeps the newest 5,000 beside what was searched", async () => {
    const { log, timeline, search } = start(400)
    await search.older()
    for (let i = 0; i < 180; i++) {
      log.add(100)
      timeline.follow(log.feed, true)
    }
    await until("nothing missing", () => timeline.state.get().missing.size === 0)
    const checkouts = log.events.filter(isCheckout)
    expect(found(search)).to.have.length(5100)
    expect(found(search)).to.deep.equal(seqs(checkouts.slice(0, 5100)))
    await searchAll(search)
    expect(found(search)).to.deep.equal(seqs(checkouts))
  })

  it("[property] has all that match, each once, whatever comes in which order", async () => {
    const step = fc.record({
      missed: fc.integer({ min: 0, max: 320 }),
      older: fc.boolean(),
      erased: fc.option(fc.nat({ max: 150 }), { nil: undefined }),
      mostScanned: fc.constantFrom(1, 7, 200),
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 250 }), fc.array(step, { maxLength: 8 }), async (first, steps) => {
        const { log, timeline, search } = start(first)
        for (const { missed, older, erased, mostScanned } of steps) {
          log.mostScanned = mostScanned
          log.add(missed)
          timeline.follow(log.feed, true)
          if (older) await search.older()
          const [gone] = erased === undefined ? [] : log.events.splice(erased, 1)
          if (gone !== undefined) timeline.forget([gone.seq])
        }
        await until("nothing missing", () => timeline.state.get().missing.size === 0)
        await searchAll(search)
        expect(found(search)).to.deep.equal(seqs(log.events.filter(isCheckout)))
      }),
      { numRuns: 60 },
    )
  })
})
