import { Writable } from "node:stream"
import { expect } from "chai"
import { Frame } from "../../src/gateway/frame.ts"
import { Outbox } from "../../src/gateway/outbox.ts"

describe("Outbox", () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

  /** A stream that records what is written, and drains only on demand. */
  const setUp = (maxQueuedBytes = 1_000) => {
    const writes: Buffer[] = []
    const unread: (() => void)[] = []
    let slow = 0
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        writes.push(chunk)
        unread.push(done)
      },
    })
    const outbox = new Outbox(stream, maxQueuedBytes, () => slow++)
    return { writes, outbox, stream, slow: () => slow, read: () => unread.shift()?.() }
  }

  it("writes everything of one turn at once, in order", async () => {
    const { outbox, writes } = setUp()
    for (const text of ["a", "b", "c"]) outbox.add(new Frame(text))
    expect(writes.length).to.equal(0)
    await turn()
    expect(writes.map(String)).to.deep.equal(["\ufffd\u0001a\ufffd\u0001b\ufffd\u0001c"])
  })

  it("shares the bytes of equal frames between sockets", async () => {
    const [a, b] = [setUp(), setUp()]
    const frames = ["a", "b"].map((text) => new Frame(text))
    for (const frame of frames) for (const { outbox } of [a, b]) outbox.add(frame)
    await turn()
    expect(a.writes[0]).to.equal(b.writes[0])
  })

  it("reports a reader that leaves too much unread, and writes nothing more", async () => {
    const { outbox, writes, slow, read } = setUp(10)
    for (let i = 0; i < 3; i++) {
      outbox.add(new Frame("x".repeat(20)))
      await turn()
    }
    expect(writes.length).to.equal(1)
    expect(slow()).to.equal(2)
    read()
    outbox.add(new Frame("y"))
    await turn()
    expect(slow()).to.equal(2)
  })

  it("takes one large message when nothing else is unread", async () => {
    const { outbox, writes, slow } = setUp(10)
    outbox.add(new Frame("x".repeat(1_000)))
    await turn()
    expect(writes.length).to.equal(1)
    expect(slow()).to.equal(0)
  })
})
