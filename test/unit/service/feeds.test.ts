import { expect } from "chai"
import { type DataValue, silentLogger } from "res-service"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import type { LogEntry } from "../../../service/log/entry.ts"
import { Feeds } from "../../../service/store/feeds.ts"
import { Loads } from "../../../service/store/loads.ts"
import { publishEvent } from "../../helpers/events.ts"

const entry = (shopId: string, seq: number): LogEntry => ({
  shopId,
  event: { ...publishEvent({ shop_id: shopId }), seq, received_at: "2026-01-01T00:00:00.000Z" },
})

describe("Feeds", () => {
  /** @param run gets each task in turn, as the queues of the feeds do */
  function feedsOf(
    read: (shopId: string) => Promise<LogEntry[]>,
    run: (task: () => unknown) => unknown = (task) => task(),
  ): { feeds: Feeds; sent: string[] } {
    const sent: string[] = []
    const feeds = new Feeds(
      new Loads(),
      read,
      async (shopId, task) => {
        const events = {
          name: shopId,
          add: (value: DataValue<ShownEvent>, index: number) =>
            sent.push(`${shopId} add ${value.data.seq} at ${index}`),
          remove: (index: number) => sent.push(`${shopId} remove ${index}`),
          event: () => {},
          create: () => {},
          delete: () => {},
          reaccess: () => {},
          reset: () => {},
        }
        await run(() => task(events))
      },
      silentLogger,
    )
    return { feeds, sent }
  }

  it("loads a feed once, and only follows those that were loaded", async () => {
    let reads = 0
    const { feeds, sent } = feedsOf(async (shopId) => {
      reads++
      return [entry(shopId, 1)]
    })
    feeds.add(entry("a", 2))
    await feeds.get("a")
    feeds.add(entry("a", 3))
    feeds.add(entry("b", 4))
    expect((await feeds.get("a")).map(({ seq }) => seq)).to.deep.equal([3, 1])
    expect(sent).to.deep.equal(["a add 3 at 0"])
    expect(reads).to.equal(1)
  })

  it("forgets a feed that could not be read, so that the next get tries again", async () => {
    let fails = true
    const { feeds } = feedsOf(async () => {
      if (fails) throw new Error("the log does not answer")
      return []
    })
    const failed = await feeds.get("a").catch((error: Error) => error.message)
    expect(failed).to.equal("the log does not answer")
    expect(feeds.size).to.equal(0)
    fails = false
    expect(await feeds.get("a")).to.deep.equal([])
  })

  it("does not show an event that waited while the log was lost in the feed of the next log", async () => {
    const queue: (() => unknown)[] = []
    const { feeds } = feedsOf(
      async (shopId) => [entry(shopId, 1)],
      (task) => queue.push(task),
    )
    await feeds.get("a")
    feeds.add(entry("a", 2841))
    feeds.dropWhere(() => true)
    await feeds.get("a")
    feeds.add(entry("a", 2))
    for (const run of queue) run()
    expect((await feeds.get("a")).map(({ seq }) => seq)).to.deep.equal([2, 1])
  })

  it("reads anew when an event passed a reading that took too long", async () => {
    let finish: (entries: LogEntry[]) => void = () => {}
    let log = [entry("a", 1)]
    const { feeds } = feedsOf((shopId) =>
      log.length === 1 && shopId === "a"
        ? new Promise((resolve) => {
            finish = resolve
          })
        : Promise.resolve(log),
    )
    const slow = feeds.get("a")
    const old = log
    log = [entry("a", 2), ...log]
    feeds.add(entry("a", 2))
    finish(old)
    await slow
    expect((await feeds.get("a")).map(({ seq }) => seq)).to.deep.equal([2, 1])
  })

  it("drops feeds, which are read again by their next get and follow nothing until then", async () => {
    const reads: string[] = []
    const { feeds, sent } = feedsOf(async (shopId) => {
      reads.push(shopId)
      return []
    })
    for (const shopId of ["kept", "left", "moved"]) await feeds.get(shopId)
    feeds.drop("left")
    feeds.dropWhere((shopId) => shopId === "moved")
    for (const shopId of ["kept", "left", "moved"]) feeds.add(entry(shopId, 1))
    expect(sent).to.deep.equal(["kept add 1 at 0"])
    expect(["kept", "left", "moved"].filter((shopId) => feeds.has(shopId))).to.deep.equal(["kept"])
    await feeds.get("left")
    expect(reads).to.deep.equal(["kept", "left", "moved", "left"])
  })
})
