import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { atOnce } from "../../../test/helpers/at-once.ts"
import { until } from "../../../test/helpers/until.ts"
import { KeptResets, type ResetPatterns } from "../../src/sharding/kept-resets.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"

/** A reset is sent again after 4 s. */
const REPEAT_MS = 4000
/** For timers that are late. */
const LATE_MS = 700

class Kit {
  readonly broker = new MemoryBroker()
  readonly resets: KeptResets
  readonly sent: { readonly at: number; readonly patterns: ResetPatterns }[] = []

  constructor() {
    this.broker.connect().subscribe("system.reset", ({ data }) => {
      this.sent.push({ at: performance.now(), patterns: JSON.parse(Buffer.from(data).toString()) })
    })
    this.resets = new KeptResets(this.broker.connect())
  }

  async stop(): Promise<void> {
    this.resets.stop()
  }

  /** Pauses between the resets, in repeats. */
  get pauses(): number[] {
    return this.sent.slice(1).map(({ at }, i) => Math.round((at - (this.sent[i]?.at ?? 0)) / REPEAT_MS))
  }
}

const one = { resources: ["library.>"], access: ["library.>"] }

describe("KeptResets", () => {
  atOnce(async () => new Kit(), {
    "sends a reset at once and again after 4 s, and then no more": async ({ resets, sent }) => {
      resets.send(one)
      await until("the first", () => sent.length === 1)
      await until("the repeat", () => sent.length === 2)
      expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).to.be.at.least(REPEAT_MS - LATE_MS)
      await sleep(REPEAT_MS + LATE_MS)
      expect(sent.map(({ patterns }) => patterns)).to.deep.equal([one, one])
    },

    "goes on with a reset after a disturbance, until there was none for long enough": async (kit) => {
      const { resets, sent } = kit
      resets.send(one)
      await until("the repeat", () => sent.length === 2)
      await sleep(500)
      resets.disturb()
      await until("another repeat", () => sent.length === 3)
      await until("the last repeat", () => sent.length >= 4)
      await sleep(4 * REPEAT_MS + LATE_MS)
      // The pause grows, so that resets are not what disturbs.
      expect(kit.pauses).to.deep.equal([1, 1, 2])
    },

    "repeats it as long as gets are known to stay without an answer": async ({ resets, sent }) => {
      resets.send(one)
      resets.disturb(2 * REPEAT_MS + 1000)
      expect(resets.isDisturbed).to.equal(true)
      await until("five resets", () => sent.length === 5)
      expect(resets.isDisturbed).to.equal(false)
    },

    "takes a lost connection for a disturbance": async ({ broker, resets, sent }) => {
      resets.send(one)
      await until("the repeat", () => sent.length === 2)
      await sleep(500)
      broker.disconnect()
      broker.reconnect()
      await until("another repeat", () => sent.length === 3)
    },

    "sends many names in lists of 500, one after the other": async ({ broker, resets, sent }) => {
      const names = Array.from({ length: 1201 }, (_, i) => `library.shelf.${i}.>`)
      resets.send({ resources: names, access: names.slice(0, 3) })
      // No timer runs before this resolves.
      await broker.settled()
      expect(sent.length).to.equal(1)
      await until("three lists", () => sent.length === 3)
      expect(sent.map(({ patterns }) => patterns.resources.length)).to.deep.equal([500, 500, 201])
      expect(sent.flatMap(({ patterns }) => patterns.resources)).to.deep.equal(names)
      expect(sent.flatMap(({ patterns }) => patterns.access)).to.deep.equal(names.slice(0, 3))
      await until("all repeats", () => sent.length === 6)
    },

    "sends nothing for no names, and nothing after stop": async ({ resets, sent }) => {
      resets.send({ resources: [], access: [] })
      await sleep(100)
      expect(sent).to.deep.equal([])
      const names = Array.from({ length: 1000 }, (_, i) => `library.shelf.${i}.>`)
      resets.send({ resources: names, access: [] })
      await until("the first list", () => sent.length === 1)
      resets.stop()
      await sleep(REPEAT_MS + LATE_MS)
      expect(sent.length).to.equal(1)
    },
  })

  it("takes a standstill of the process for a disturbance", async () => {
    const kit = new Kit()
    kit.resets.send(one)
    await until("the repeat", () => kit.sent.length === 2)
    const end = performance.now() + 2000
    while (performance.now() < end) {
      // Stands still.
    }
    await until("another repeat", () => kit.sent.length === 3)
    await kit.stop()
  })
})
