import { expect } from "chai"
import { type ModelEvents, silentLogger } from "res-service"
import { basketDigest, DIGEST_INTERVAL_MS, feedDigest } from "../../../../contract/digest.ts"
import type { ShownEvent } from "../../../../contract/publish-event.ts"
import type { Feed } from "../../../../service/projections/feed.ts"
import { type DigestModel, Digests } from "../../../../service/store/digests.ts"
import type { BasketModel, ShownBaskets } from "../../../../service/store/shop-view.ts"
import { sessionId } from "../../../helpers/records.ts"

/** A shop whose state is set by hand. */
class Harness {
  baskets: ShownBaskets | undefined = { seq: 1, baskets: [] }
  feed: Feed | undefined
  made = 0
  onMake = (): void => {}
  readonly told: DigestModel[] = []
  readonly resets: string[] = []
  readonly reports: object[] = []
  readonly digests = new Digests(
    {
      baskets: async () => {
        this.made++
        this.onMake()
        return this.baskets
      },
      feed: async () => this.feed,
      version: () => [this.baskets, this.feed],
      inQueue: async (_, task) => {
        const events = { change: (values: DigestModel) => void this.told.push(values) }
        await task(events as ModelEvents<DigestModel>)
      },
      reset: (shopId) => void this.resets.push(shopId),
    },
    { ...silentLogger, warn: (details: object) => void this.reports.push(details) },
  )

  async tick(now: number): Promise<void> {
    this.digests.tick(now)
    await new Promise(setImmediate)
  }
}

const basket = (total: number) => ({ session_id: sessionId(1), total, lines: { data: [] } }) as unknown as BasketModel
const event = (seq: number) => ({ seq, action: "ADD" }) as ShownEvent

describe("Digests", () => {
  let harness: Harness
  let start: number

  beforeEach(() => {
    harness = new Harness()
    start = Date.now()
  })

  /** So much later that it is beyond the interval also where the process stands still for a while. */
  const later = (minutes: number): number => start + minutes * 60_000

  it("make none for a shop that nobody has asked for", async () => {
    await harness.tick(later(1))
    expect([harness.made, harness.told]).to.deep.equal([0, []])
  })

  it("have what the resources show, and null for what nobody looks at", async () => {
    harness.feed = [event(3), event(2), event(1)]
    harness.baskets = {
      seq: 2,
      baskets: [
        [sessionId(1), basket(5)],
        [sessionId(2), undefined],
      ],
    }
    const { seq, feed, baskets } = await harness.digests.get("a", () => {})
    expect(seq).to.equal(2)
    // The feed may be ahead of the baskets.
    expect(feed).to.equal(feedDigest([event(2), event(1)], 2))
    const own = basketDigest({ ...basket(5), lines: [], annotations: undefined } as never)
    expect(baskets?.data).to.deep.equal([
      [sessionId(1), own],
      [sessionId(2), null],
    ])
    harness.feed = undefined
    harness.baskets = { seq: 2, baskets: undefined }
    expect(await harness.digests.get("b", () => {})).to.include({ feed: null, baskets: null })
  })

  it("are not sent again for a change that came while they were made, and that they have", async () => {
    await harness.digests.get("a", () => {})
    harness.baskets = { seq: 2, baskets: [] }
    harness.onMake = () => {
      harness.baskets = { seq: 3, baskets: [] }
    }
    await harness.tick(later(1))
    harness.onMake = () => {}
    expect(harness.told.map(({ seq }) => seq)).to.deep.equal([3])
    await harness.tick(later(2))
    await harness.tick(later(3))
    expect(harness.told).to.have.length(1)
  })

  it("are sent when something has changed, at most once in 5 s, and the last state always", async () => {
    const madeAt = Date.parse((await harness.digests.get("a", () => {})).at)
    await harness.tick(later(1))
    expect(harness.made).to.equal(1)
    for (const seq of [2, 3]) {
      harness.baskets = { seq, baskets: [] }
      await harness.tick(madeAt + DIGEST_INTERVAL_MS - seq)
    }
    expect(harness.told).to.deep.equal([])
    await harness.tick(later(1))
    expect(harness.told.map(({ seq }) => seq)).to.deep.equal([3])
    await harness.tick(later(2))
    expect(harness.made).to.equal(2)
    // A get gives what watchers were sent.
    harness.baskets = { seq: 9, baskets: [] }
    expect(await harness.digests.get("a", () => {})).to.equal(harness.told[0])
    harness.digests.drop("a")
    await harness.tick(later(3))
    expect(harness.told).to.have.length(1)
  })

  it("count reports, and make gateways fetch a watched shop again, at most once a minute", async () => {
    harness.digests.report("a", "feed", 7, start)
    expect(harness.resets).to.deep.equal([])
    expect(harness.reports).to.deep.equal([{ count: 1, reasons: { feed: 1 }, example: { shopId: "a", seq: 7 } }])
    await harness.digests.get("a", () => {})
    for (const seconds of [0, 1, 59]) harness.digests.report("a", "basket", 8, start + seconds * 1000)
    expect(harness.resets).to.deep.equal(["a"])
    harness.digests.report("a", "basket", 8, start + 61_000)
    expect(harness.resets).to.deep.equal(["a", "a"])
    harness.digests.stop()
    expect(harness.reports.at(-1)).to.deep.include({ count: 4, reasons: { basket: 4 } })
  })
})
