import { expect } from "chai"
import { Cache } from "../../src/client/cache.ts"
import { Client } from "../../src/client/mod.ts"
import { Requester } from "../../src/client/requester.ts"
import { silentLogger } from "../../src/logger.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { Library, settled } from "./library.ts"

const COUNT = 600
/** Longer than a test may take: none of them times out. */
const REQUEST_TIMEOUT_MS = 600_000
const BOOK = '{"result":{"model":{"title":"Emma"}}}'

describe("Gets of many resources at the same time", () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    const library = new Library(conn)
    const client = new Client(broker.connect(), { requestTimeoutMs: REQUEST_TIMEOUT_MS })
    const mirrors = Array.from({ length: COUNT }, (_, i) => client.mirror(`library.book.${i}`))
    const replies: string[] = []
    const answer = (text: string): void => {
      for (const reply of replies.splice(0)) conn.publish(reply, text)
    }
    library.answers = () => []
    conn.subscribe("get.library.book.*", ({ reply }) => {
      if (reply) replies.push(reply)
    })
    return { broker, conn, client, mirrors, replies, answer }
  }

  it("are sent a bounded number at a time, and the next when the service answers or tells to wait", async () => {
    const { conn, client, mirrors, replies, answer } = setUp()
    await settled(conn)
    const most = replies.length
    expect(most).to.be.within(1, COUNT / 2)
    const waiting = [...replies]
    answer('timeout:"60000"')
    await settled(conn)
    expect(replies).to.have.length(most)
    while (replies.length > 0) {
      answer(BOOK)
      await settled(conn)
    }
    replies.push(...waiting)
    answer(BOOK)
    await Promise.all(mirrors.map(({ ready }) => ready))
    client.close()
  })

  it("do not hold up those of another service", async () => {
    const { broker, client } = setUp()
    const other = new Library(broker.connect(), "archive")
    other.set("archive.book", { title: "Dune" })
    const mirror = client.mirror("archive.book")
    await mirror.ready
    expect(mirror.value).to.deep.equal({ title: "Dune" })
    client.close()
  })

  it("do not hold up calls", async () => {
    const { broker, conn, client } = setUp()
    await settled(conn)
    const lender = broker.connect()
    lender.subscribe("call.library.desk.lend", ({ reply }) => {
      if (reply) lender.publish(reply, '{"result":"lent"}')
    })
    expect(await client.call("library.desk", "lend")).to.equal("lent")
    client.close()
  })

  it("do not hold up access requests", async () => {
    const broker = new MemoryBroker()
    const conn = broker.connect()
    const library = new Library(conn)
    library.answers = (subject) => (subject.startsWith("get.") ? [] : undefined)
    const requester = new Requester(broker.connect(), REQUEST_TIMEOUT_MS)
    const cache = new Cache(broker.connect(), requester, silentLogger)
    for (let i = 0; i < COUNT; i++) {
      cache.subscribe({ name: `library.book.${i}`, query: "", loaded: () => {}, event: () => {}, reaccess: () => {} })
    }
    const answered = new Promise<string>((resolve) => {
      const subject = "access.library.book.1"
      cache.request("library.book.1", subject, "{}", (_, text) => resolve(text), { repeatable: true })
    })
    expect(await answered).to.equal('{"result":{"get":true,"call":"*"}}')
    cache.close()
    requester.close()
  })
})
