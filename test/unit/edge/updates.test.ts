import { expect } from "chai"
import { Turns } from "../../../edge/legacy/turns.ts"
import { Updates, type Watcher } from "../../../edge/legacy/updates.ts"
import { occurrences } from "../../../observe/occurrences.ts"
import { until } from "../../helpers/until.ts"

const KIB = 1024

class Page implements Watcher {
  readonly cid: string
  canBeShown = true
  readonly shown: string[] = []

  constructor(cid: string) {
    this.cid = cid
  }

  show(update: Buffer): void {
    this.shown.push(update.toString("latin1", 0, 10).trim())
  }
}

describe("Updates", () => {
  /** A session whose state is a count, in an update of `bytes`. */
  const setUp = (bytes: number, ...names: string[]) => {
    const session = { state: 1, encoded: 0 }
    const updates = new Updates(() => {
      session.encoded++
      return Buffer.from(`${session.state}`.padEnd(bytes))
    }, new Turns())
    const pages = names.map((name) => new Page(name))
    return { session, updates, pages, page: (i: number) => pages[i] as Page }
  }

  it("shows a small update to all at once, encoded once", () => {
    const { session, updates, pages } = setUp(100, "a", "b", "c")
    updates.show(pages)
    expect(pages.map(({ shown }) => shown)).to.deep.equal([["1"], ["1"], ["1"]])
    expect(session.encoded).to.equal(1)
  })

  it("shows who could not be shown one the newest only, when it can", () => {
    const { session, updates, pages, page } = setUp(100, "a", "b")
    page(1).canBeShown = false
    for (session.state = 1; session.state <= 3; session.state++) updates.show(pages)
    page(1).canBeShown = true
    session.state = 3
    updates.send()
    updates.send()
    expect(pages.map(({ shown }) => shown)).to.deep.equal([["1", "2", "3"], ["3"]])
  })

  it("tells how many bytes are merged away: for each one who could not be shown an update, that of the newest", () => {
    const merged: number[] = []
    occurrences.mergedUpdate.on((bytes) => merged.push(bytes))
    const { updates, pages, page } = setUp(100, "a", "b")
    page(0).canBeShown = false
    for (let i = 0; i < 3; i++) updates.show(pages)
    expect(merged).to.deep.equal([100, 100])
    page(0).canBeShown = true
    updates.send()
    expect(merged).to.deep.equal([100, 100])
    updates.stop()
  })

  it("shows a large one in several turns, and what changed meanwhile after it", async () => {
    const { session, updates, pages } = setUp(300 * KIB, "a", "b", "c")
    updates.show(pages)
    expect(pages.map(({ shown }) => shown)).to.deep.equal([[], [], []])
    session.state = 2
    updates.show(pages)
    await until("all to be shown both", () => pages.every(({ shown }) => shown.length === 2))
    expect(pages.map(({ shown }) => shown)).to.deep.equal(Array(3).fill(["1", "2"]))
    expect(session.encoded).to.equal(2)
  })

  it("merges what exceeds the budget: the last state is shown, and no more bytes than the budget has", async () => {
    const { session, updates, pages, page } = setUp(2048 * KIB, "a", "b", "c", "d", "e", "f", "g", "h")
    const start = performance.now()
    for (session.state = 1; session.state < 1000; session.state++) {
      updates.show(pages)
      if (session.state % 10 === 0) await new Promise(setImmediate)
    }
    updates.show(pages)
    await until("the last state at all", () => pages.every(({ shown }) => shown.at(-1) === "1000"))
    const seconds = (performance.now() - start) / 1000
    // 64 MiB at once, 32 MiB a second, and the one that goes into debt.
    expect(session.encoded * 16).to.be.at.most(64 + 32 * seconds + 16)
    expect(page(0).shown[0], "the first goes at once").to.equal("1")
  })

  it("shows nothing from before to who is forgotten while it is sent", async () => {
    const { session, updates, pages, page } = setUp(300 * KIB, "a", "b", "c")
    updates.show(pages)
    updates.forget(page(2))
    session.state = 2
    updates.show([page(2)])
    await until("the newcomer to be shown the session", () => page(2).shown.length > 0)
    expect(pages.map(({ shown }) => shown)).to.deep.equal([["1"], ["1"], ["2"]])
  })

  it("leaves nothing behind once stopped", async () => {
    const { updates, pages, page } = setUp(300 * KIB, "a")
    updates.show(pages)
    updates.stop()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(page(0).shown).to.deep.equal([])
  })
})

describe("Turns", () => {
  it("runs the tasks step by step, one after the other", async () => {
    const turns = new Turns()
    const steps: string[] = []
    const task = (name: string, count: number) => {
      let left = count
      return () => {
        steps.push(name)
        left--
        return left === 0
      }
    }
    turns.add(task("long", 3))
    turns.add(task("short", 1))
    await until("all steps", () => steps.length === 4)
    expect(steps).to.deep.equal(["long", "short", "long", "long"])
  })
})
