import { expect } from "chai"
import { until } from "../../../test/helpers/until.ts"
import type { Conn, Msg, Subscription } from "../../src/conn.ts"
import { Router } from "../../src/sharding/router.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"
import { atTime } from "./at-time.ts"

const SHARD = 7
const SUBJECT = "get.library.shelf.1"

/** What a member knows of the one shard, and its router. */
class Member {
  readonly id: string
  owner: string | undefined
  revision = 1
  readonly handled: Msg[] = []
  readonly router: Router

  constructor(conn: Conn, id: string, owner: string | undefined) {
    this.id = id
    this.owner = owner
    const view = {
      isServed: () => this.owner === this.id,
      otherOwner: () => (this.owner === this.id ? undefined : this.owner),
      revisionOf: () => this.revision,
    }
    this.router = new Router(conn, "shards.library", id, view, (msg) => this.handled.push(msg))
  }

  /** Gets a request of the shard, as from a gateway. */
  request(n: number, reply = `inbox.${n}`): void {
    const headers = { n: String(n) }
    this.router.route(
      { subject: SUBJECT, data: Buffer.from(String(n)), reply, headers: () => headers, noResponders: false },
      SHARD,
    )
  }

  /** Learns of a change of the owner. */
  learn(owner: string | undefined, revision: number): void {
    this.owner = owner
    this.revision = revision
    this.router.update()
  }

  get numbers(): number[] {
    return this.handled.map(({ data }) => Number(Buffer.from(data).toString()))
  }
}

describe("Router", () => {
  let broker: MemoryBroker
  let gateway: Conn
  let answers: { subject: string; text: string }[]
  let handedOn: string[]
  let spy: Subscription
  let members: Member[]

  beforeEach(() => {
    broker = new MemoryBroker()
    gateway = broker.connect()
    answers = []
    handedOn = []
    members = []
    gateway.subscribe("inbox.>", ({ subject, data }) => answers.push({ subject, text: Buffer.from(data).toString() }))
    spy = broker.connect().subscribe("shards.>", ({ subject }) => handedOn.push(subject))
  })

  afterEach(() => {
    for (const { router } of members) router.stop(undefined)
  })

  const member = (id: string, owner: string | undefined): Member => {
    const made = new Member(broker.connect(), id, owner)
    members.push(made)
    return made
  }
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await gateway.flush()
  }

  it("handles requests of an own shard", async () => {
    const a = member("a", "a")
    a.request(1)
    await settled()
    expect(a.numbers).to.deep.equal([1])
    expect(handedOn).to.deep.equal([])
  })

  it("hands requests on to the owner, with the subject, the payload and the reply subject of the requester", async () => {
    const [a, b] = [member("a", "b"), member("b", "b")]
    a.request(1)
    await settled()
    expect(a.handled).to.deep.equal([])
    expect(b.handled.map(({ subject, reply }) => [subject, reply])).to.deep.equal([[SUBJECT, "inbox.1"]])
    expect(b.handled.map((msg) => msg.header?.("n"))).to.deep.equal(["1"])
    expect(b.numbers).to.deep.equal([1])
    expect(handedOn).to.deep.equal([`shards.library.b.${SHARD}.1.${SUBJECT}`])
  })

  it("keeps requests while nobody owns the shard, and handles or hands them on in their order then", async () => {
    const [a, b] = [member("a", undefined), member("b", "b")]
    for (const n of [1, 2, 3]) a.request(n)
    await settled()
    expect([a.numbers, b.numbers]).to.deep.equal([[], []])
    a.learn("b", 2)
    b.learn("b", 2)
    a.request(4)
    await settled()
    expect(b.numbers).to.deep.equal([1, 2, 3, 4])
    a.learn(undefined, 3)
    for (const n of [5, 6]) a.request(n)
    a.learn("a", 4)
    expect(a.numbers).to.deep.equal([5, 6])
  })

  it("puts a request behind those that wait, although it could be handled at once", async () => {
    const a = member("a", undefined)
    a.request(1)
    a.owner = "a"
    a.request(2)
    expect(a.numbers).to.deep.equal([])
    a.router.update()
    expect(a.numbers).to.deep.equal([1, 2])
  })

  it("keeps a request of a sender that knows more, until it knows as much", async () => {
    // `a` knows that `b` owns the shard. `b` still believes that `a` does.
    const [a, b] = [member("a", "b"), member("b", "a")]
    a.revision = 5
    a.request(1)
    await settled()
    expect(b.numbers).to.deep.equal([])
    expect(handedOn).to.have.length(1)
    b.learn("b", 5)
    await settled()
    expect(b.numbers).to.deep.equal([1])
    expect(handedOn).to.have.length(1)
  })

  it("ends in one of two members whose views differ, without a loop", async () => {
    const [a, b] = [member("a", "b"), member("b", "a")]
    for (const n of [1, 2]) a.request(n)
    for (const n of [3, 4]) b.request(n)
    await settled()
    a.learn("b", 2)
    b.learn("b", 2)
    await settled()
    expect([...a.numbers, ...b.numbers].toSorted()).to.deep.equal([1, 2, 3, 4])
    expect(a.numbers).to.deep.equal([])
  })

  it("tells a requester once, after a second, that its request waits, and refuses it after 8 s", async () => {
    const a = member("a", undefined)
    a.request(1)
    await settled()
    expect(answers).to.deep.equal([])
    await atTime(1000, async () => {
      await until("the pre-response", () => answers.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 600))
    })
    // The refusal may have come, too, if the machine stood still.
    const waits = answers.filter(({ text }) => text.startsWith("timeout:"))
    expect(waits).to.deep.equal([{ subject: "inbox.1", text: 'timeout:"8000"' }])
    await atTime(8000, () => until("the refusal", () => answers.length > 1))
    expect(answers.map(({ text }) => JSON.parse(text.replace(/^timeout:/, "")).error?.code)).to.deep.equal([
      undefined,
      "system.serviceUnavailable",
    ])
    a.learn("a", 2)
    expect(a.numbers).to.deep.equal([])
  })

  it("refuses what is too much to keep, and takes requests again when there is room", async () => {
    const a = member("a", undefined)
    const data = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 10; i++)
      a.router.route({ subject: SUBJECT, data, reply: "inbox.big", noResponders: false }, SHARD)
    await settled()
    expect(answers.length).to.be.within(1, 5)
    for (const { text } of answers) expect(JSON.parse(text).error.code).to.equal("system.serviceUnavailable")
    a.learn("a", 2)
    expect(a.handled.length + answers.length).to.equal(10)
    a.learn(undefined, 3)
    a.request(1)
    await settled()
    a.learn("a", 4)
    expect(a.handled.length + answers.length).to.equal(11)
  })

  it("hands what waits on to a living member when it stops, and refuses it when there is none", async () => {
    const [a, b] = [member("a", undefined), member("b", "b")]
    a.request(1)
    a.router.stop("b")
    await settled()
    expect(b.numbers).to.deep.equal([1])
    const c = member("c", undefined)
    c.request(2)
    c.router.stop(undefined)
    await settled()
    expect(answers.map(({ subject }) => subject)).to.deep.equal(["inbox.2"])
  })

  it("knows whether a member is connected", async () => {
    spy.unsubscribe()
    const [a, b] = [member("a", "a"), member("b", "a")]
    expect(await a.router.isConnected("b")).to.equal(true)
    expect(await a.router.isConnected("nobody")).to.equal(false)
    b.router.stop(undefined)
    expect(await a.router.isConnected("b")).to.equal(false)
  })
})
