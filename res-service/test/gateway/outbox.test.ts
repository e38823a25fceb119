import assert from "node:assert/strict"
import { Writable } from "node:stream"
import { Frame } from "../../src/gateway/frame.ts"
import { Outbox } from "../../src/gateway/outbox.ts"

describe("Outbox", () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

  /** A stream that keeps what is written, and takes more only when told to. */
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
    assert.equal(writes.length, 0)
    await turn()
    assert.deepEqual(writes.map(String), ["\ufffd\u0001a\ufffd\u0001b\ufffd\u0001c"])
  })

  it("shares the bytes of equal frames between sockets", async () => {
    const [a, b] = [setUp(), setUp()]
    const frames = ["a", "b"].map((text) => new Frame(text))
    for (const frame of frames) for (const { outbox } of [a, b]) outbox.add(frame)
    await turn()
    assert.equal(a.writes[0], b.writes[0])
  })

  it("reports a reader that leaves too much unread, and writes nothing more", async () => {
    const { outbox, writes, slow, read } = setUp(10)
    for (let i = 0; i < 3; i++) {
      outbox.add(new Frame("x".repeat(20)))
      await turn()
    }
    assert.equal(writes.length, 1)
    assert.equal(slow(), 2)
    read()
    outbox.add(new Frame("y"))
    await turn()
    assert.equal(slow(), 2)
  })

  it("takes one large message when nothing else is unread", async () => {
    const { outbox, writes, slow } = setUp(10)
    outbox.add(new Frame("x".repeat(1_000)))
    await turn()
    assert.equal(writes.length, 1)
    assert.equal(slow(), 0)
  })
})
