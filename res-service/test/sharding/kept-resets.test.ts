import { type Clock, install } from "@sinonjs/fake-timers"
import { expect } from "chai"
import { KeptResets, type ResetPatterns } from "../../src/sharding/kept-resets.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"

/** A reset is sent again after 4 s. */
const REPEAT_MS = 4000
/** Longer than any reset may be repeated without another disturbance. */
const LONG_MS = 100 * REPEAT_MS

const one = { resources: ["library.>"], access: ["library.>"] }

// On a clock of its own, for it waits for minutes. The broker's messages need no timers.
describe("KeptResets", () => {
  let clock: Clock
  let broker: MemoryBroker
  let resets: KeptResets
  let sent: { readonly at: number; readonly patterns: ResetPatterns }[]

  beforeEach(() => {
    clock = install({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] })
    broker = new MemoryBroker()
    sent = []
    broker.connect().subscribe("system.reset", ({ data }) => {
      sent.push({ at: performance.now(), patterns: JSON.parse(Buffer.from(data).toString()) })
    })
    resets = new KeptResets(broker.connect())
  })

  afterEach(() => {
    resets.stop()
    clock.uninstall()
  })

  const pauses = (): number[] => sent.slice(1).map(({ at }, i) => at - (sent[i]?.at ?? 0))

  it("sends a reset at once and again after 4 s, and then no more", async () => {
    resets.send(one)
    await clock.tickAsync(0)
    expect(sent.length).to.equal(1)
    await clock.tickAsync(REPEAT_MS - 1)
    expect(sent.length).to.equal(1)
    await clock.tickAsync(LONG_MS)
    expect(sent.map(({ patterns }) => patterns)).to.deep.equal([one, one])
    expect(pauses()).to.deep.equal([REPEAT_MS])
  })

  it("goes on with a reset after a disturbance, until there was none for long enough", async () => {
    resets.send(one)
    await clock.tickAsync(REPEAT_MS + 500)
    expect(sent.length).to.equal(2)
    resets.disturb()
    await clock.tickAsync(LONG_MS)
    // The pause grows, so that resets are not what disturbs.
    expect(pauses()).to.deep.equal([REPEAT_MS, REPEAT_MS, 2 * REPEAT_MS])
  })

  it("repeats it as long as gets are known to stay without an answer", async () => {
    resets.send(one)
    resets.disturb(2 * REPEAT_MS + 1000)
    expect(resets.isDisturbed).to.equal(true)
    await clock.tickAsync(LONG_MS)
    expect(sent.length).to.equal(5)
    expect(resets.isDisturbed).to.equal(false)
  })

  it("takes a lost connection for a disturbance", async () => {
    resets.send(one)
    await clock.tickAsync(REPEAT_MS + 500)
    broker.disconnect()
    broker.reconnect()
    await clock.tickAsync(REPEAT_MS)
    expect(sent.length).to.equal(3)
  })

  it("takes a standstill of the process for a disturbance", async () => {
    resets.send(one)
    await clock.tickAsync(REPEAT_MS + 500)
    expect(sent.length).to.equal(2)
    // Time passes, and no timer runs.
    clock.jump(2000)
    await clock.tickAsync(REPEAT_MS)
    expect(sent.length).to.equal(3)
  })

  it("sends many names in lists of 500, one after the other", async () => {
    const names = Array.from({ length: 1201 }, (_, i) => `library.shelf.${i}.>`)
    resets.send({ resources: names, access: names.slice(0, 3) })
    await clock.tickAsync(0)
    expect(sent.length).to.equal(1)
    await clock.tickAsync(REPEAT_MS - 1)
    expect(sent.map(({ patterns }) => patterns.resources.length)).to.deep.equal([500, 500, 201])
    expect(sent.flatMap(({ patterns }) => patterns.resources)).to.deep.equal(names)
    expect(sent.flatMap(({ patterns }) => patterns.access)).to.deep.equal(names.slice(0, 3))
    await clock.tickAsync(LONG_MS)
    expect(sent.length).to.equal(6)
  })

  it("sends nothing for no names, and nothing after stop", async () => {
    resets.send({ resources: [], access: [] })
    await clock.tickAsync(LONG_MS)
    expect(sent).to.deep.equal([])
    const names = Array.from({ length: 1000 }, (_, i) => `library.shelf.${i}.>`)
    resets.send({ resources: names, access: [] })
    await clock.tickAsync(0)
    expect(sent.length).to.equal(1)
    resets.stop()
    await clock.tickAsync(LONG_MS)
    expect(sent.length).to.equal(1)
  })
})
