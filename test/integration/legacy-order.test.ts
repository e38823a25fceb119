import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import fc from "fast-check"
import { connect, type NatsConnection } from "nats"
import { type Conn, type Msg, natsConn } from "res-service"
import type { RunningEdge } from "../../edge/edge.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

const ENTRANCES = ["startSession", "joinSession", "resumeSession"]

/**
 * A connection on which the answers to calls can be late. Those to gets cannot: in RES they are in order with the events. A
 * service whose answers come another way than its events, as over another route of a NATS cluster, is like this.
 */
class LateAnswers implements Conn {
  readonly #conn: Conn
  readonly #calls = new Set<string>()
  readonly #held: (() => void)[] = []
  /** Time that each answer is late. */
  delayMs = 0
  /** Holds answers back until `release`. */
  holding = false

  constructor(conn: Conn) {
    this.#conn = conn
  }

  get held(): number {
    return this.#held.length
  }

  release(): void {
    this.holding = false
    for (const deliver of this.#held.splice(0)) deliver()
  }

  publish(subject: string, payload: string | Uint8Array, reply?: string): void {
    // What an edge asks every few seconds could come in between.
    const isKeepAlive = subject.endsWith(".keepAlive")
    if (subject.startsWith("call.") && !isKeepAlive && reply !== undefined) this.#calls.add(reply)
    this.#conn.publish(subject, payload, reply)
  }

  subscribe(subject: string, handler: (msg: Msg) => void, queue?: string): ReturnType<Conn["subscribe"]> {
    const late = (msg: Msg): void => {
      const isAnswer = this.#calls.delete(msg.subject)
      if (isAnswer && this.holding) this.#held.push(() => handler(msg))
      else if (isAnswer && this.delayMs > 0) setTimeout(() => handler(msg), this.delayMs)
      else handler(msg)
    }
    return this.#conn.subscribe(subject, late, queue)
  }

  flush(): Promise<void> {
    return this.#conn.flush()
  }

  newInbox(): string {
    return this.#conn.newInbox()
  }

  get connected(): boolean {
    return this.#conn.connected
  }

  get maxPayloadBytes(): number {
    return this.#conn.maxPayloadBytes
  }

  onStatus(listener: Parameters<Conn["onStatus"]>[0]): () => void {
    return this.#conn.onStatus(listener)
  }
}

/** An edge beside the product's own, on a connection of its own. */
interface OtherEdge {
  readonly url: string
  readonly answers: LateAnswers
  /** Cuts it off from NATS, as if it had crashed; its sockets stay. */
  cutOff(): Promise<void>
  stop(): Promise<void>
}

describe("a session on two edges", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  let other: OtherEdge
  let id: string
  const open: Storefront[] = []

  beforeEach(async () => {
    id = `s-${randomUUID().slice(0, 13)}`
    other = await startOther()
  })

  afterEach(async () => {
    for (const storefront of open.splice(0)) storefront.webSocket.terminate()
    await other?.stop()
  })

  async function startOther(): Promise<OtherEdge> {
    const nats: NatsConnection = await connect({ servers: product.natsServer.url })
    const answers = new LateAnswers(natsConn(nats))
    const edge: RunningEdge = await startTestEdge(answers)
    return {
      url: `http://127.0.0.1:${edge.port}`,
      answers,
      cutOff: () => nats.close(),
      stop: async () => {
        await edge.stop()
        await nats.close()
      },
    }
  }

  async function storefront(edgeUrl: string): Promise<Storefront> {
    const opened = await Storefront.open(edgeUrl, id)
    open.push(opened)
    return opened
  }

  /** A host on the product's edge, and a guest on the other. */
  async function hostAndGuest(): Promise<[Storefront, Storefront]> {
    const host = await storefront(product.edgeUrl)
    await host.start("Host")
    const guest = await storefront(other.url)
    await guest.join("Guest")
    await guest.shows("Host* Guest")
    await host.shows("Host* Guest")
    return [host, guest]
  }

  /** As old clients are to be shown it. */
  const fresh = async () => (await get(`${gateway.url}/api/session/${id}/present`)).body
  const setCart = (storefront: Storefront, cartContent: object) =>
    storefront.send("updateCart", { customerId: storefront.customerId, cartContent })
  const cartOf = (seenBy: Storefront, { customerId }: Storefront) =>
    JSON.stringify(seenBy.sees?.find(({ owner }) => owner.id === customerId)?.content)

  it("shows each member the others' changes, with the reply before the update on every socket", async () => {
    const [host, guest] = await hostAndGuest()
    expect(host.events()).to.deep.equal(["startSession", "multicartUpdate", "multicartUpdate"])
    expect(guest.events()).to.deep.equal(["joinSession", "multicartUpdate"])

    setCart(guest, { of: "guest" })
    setCart(host, { of: "host" })
    for (const each of [host, guest]) {
      await until(
        "both carts",
        () => cartOf(each, host) === '{"of":"host"}' && cartOf(each, guest) === '{"of":"guest"}',
      )
    }
    guest.send("customerReadyToCheckout", { customerId: guest.customerId, customerReadyToCheckout: true })
    await host.shows("Host* Guest+")
    host.send("customerReadyToCheckout", { customerId: host.customerId, customerReadyToCheckout: true })
    await guest.shows("Host*+ Guest+")
    await host.shows("Host*+ Guest+")
    expect(guest.sees).to.deep.equal(host.sees)
    expect(await fresh()).to.deep.equal(host.sees)

    const second = await storefront(other.url)
    await second.join("Second")
    await host.shows("Host* Guest+ Second")
    await guest.shows("Host* Guest+ Second")
    await second.shows("Host* Guest+ Second")
    expect(second.events()).to.deep.equal(["joinSession", "multicartUpdate"])
  })

  it("sends the reply first to each of twenty who join on both edges at once", async () => {
    const [host] = await hostAndGuest()
    const joining = await Promise.all(
      Array.from({ length: 20 }, (_, i) => storefront(i % 2 === 0 ? product.edgeUrl : other.url)),
    )
    await Promise.all(joining.map((each, i) => each.join(`Guest ${i}`)))
    await until("all at the host's", () => host.sees?.length === 22)
    for (const each of joining) {
      await until("all at a guest's", () => each.sees?.length === 22)
      expect(each.events().indexOf("joinSession")).to.equal(0)
      expect(each.sees).to.deep.equal(host.sees)
    }
  })

  it("lets a start on one edge have the place of a host that hangs on the other", async () => {
    const [host, guest] = await hostAndGuest()
    setCart(guest, { kept: true })
    await until("the cart", () => cartOf(host, guest) === '{"kept":true}')
    const newcomer = await storefront(other.url)
    expect(await newcomer.refusal("startSession", { customerName: "Newcomer" })).to.equal("session.hostPresent")
    host.webSocket.pause()
    await newcomer.start("Newcomer")
    await newcomer.shows("Newcomer* Guest")
    await guest.shows("Newcomer* Guest")
    expect(cartOf(newcomer, guest)).to.equal('{"kept":true}')
    expect(newcomer.events().slice(-2)).to.deep.equal(["startSession", "multicartUpdate"])
  })

  it("replaces a host whose edge is cut off, at once", async () => {
    const host = await storefront(other.url)
    await host.start("Host")
    const guest = await storefront(product.edgeUrl)
    await guest.join("Guest")
    await other.cutOff()
    const newcomer = await storefront(product.edgeUrl)
    await newcomer.start("Newcomer")
    await newcomer.shows("Newcomer* Guest")
    await guest.shows("Newcomer* Guest")
    expect(await host.refusal("updateCart", { customerId: host.customerId, cartContent: {} })).to.equal(
      "legacy.unavailable",
    )
  })

  it("lets a page start on the same socket that came while the service was away", async () => {
    await product.stopService()
    const early = await storefront(other.url)
    expect(await early.refusal("startSession", { customerName: "Early" })).to.equal("legacy.unavailable")
    await product.restartService()
    await early.start("Early")
    await early.shows("Early*")
    expect(early.events()).to.deep.equal(["error", "startSession", "multicartUpdate"])
  })

  it("lets a member resume on the other edge, which hears the reply first", async () => {
    const [host, guest] = await hostAndGuest()
    const { customerId, resumeToken } = guest
    const again = await storefront(product.edgeUrl)
    await again.enter("resumeSession", { customerId, resumeToken })
    await again.shows("Host* Guest")
    expect(again.events()).to.deep.equal(["resumeSession", "multicartUpdate"])
    expect(await guest.refusal("updateCart", { customerId, cartContent: {} })).to.equal("session.notYourCustomer")
    setCart(Object.assign(again, { customerId }), { again: true })
    await until("its cart", () => cartOf(host, again) === '{"again":true}')
  })

  it("holds updates back that come before the reply, and shows the newest alone after it", async () => {
    const [host, watcher] = await hostAndGuest()
    for (const entrance of ["joinSession", "resumeSession"]) {
      const late = await storefront(other.url)
      if (entrance === "resumeSession") {
        const { customerId, resumeToken } = await late.join("Resuming")
        await late.shows("Host* Guest Resuming")
        late.messages.length = 0
        other.answers.holding = true
        late.send(entrance, { customerId, resumeToken })
      } else {
        other.answers.holding = true
        late.send(entrance, { customerName: "Late" })
      }
      await until("the answer to be held", () => other.answers.held === 1)
      const before = late.events().filter((event) => event === "multicartUpdate").length
      for (let n = 1; n <= 5; n++) {
        setCart(host, { n, entrance })
        // Shown to one socket of that edge: it came in there.
        await until(`update ${n}`, () => cartOf(watcher, host) === JSON.stringify({ n, entrance }))
      }
      expect(late.events().filter((event) => event === "multicartUpdate").length, "held").to.equal(before)
      expect(late.events()).not.to.include(entrance)
      const from = late.messages.length
      other.answers.release()
      await until("the update after the reply", () => late.messages.length >= from + 2)
      expect(late.events().slice(from)).to.deep.equal([entrance, "multicartUpdate"])
      expect(late.sees).to.deep.equal(watcher.sees)
      late.send("leaveSession")
      await late.next("leaveSession", 0)
    }
  })

  it("shows the refused who takes part already what it missed while the refusal was under way", async () => {
    const [host, guest] = await hostAndGuest()
    other.answers.holding = true
    const from = guest.messages.length
    guest.send("resumeSession", { customerId: guest.customerId, resumeToken: "guess" })
    await until("the refusal to be held", () => other.answers.held === 1)
    setCart(host, { n: 1 })
    await until("the cart at the host's", () => cartOf(host, host) === '{"n":1}')
    other.answers.release()
    await until("the cart at the guest's", () => cartOf(guest, host) === '{"n":1}')
    expect(guest.events()[from]).to.equal("error")
  })

  describe("whatever its members do", () => {
    const action = fc.record({
      who: fc.nat(5),
      what: fc.constantFrom("enter", "cart", "cart", "cart", "ready", "unready", "leave", "kick", "reload", "resume"),
      value: fc.nat(1000),
      pauseMs: fc.constantFrom(0, 0, 0, 1, 5, 15),
    })

    it("ends with all members on both edges seeing what a fresh get gives, each reply before its first update", async () => {
      const seed = Number(process.env.FC_SEED ?? 42)
      const property = fc.asyncProperty(fc.array(action, { minLength: 200, maxLength: 250 }), async (actions) => {
        id = `s-${randomUUID().slice(0, 13)}`
        other.answers.delayMs = 10
        const edges = [product.edgeUrl, other.url]
        const pages = await Promise.all(Array.from({ length: 6 }, (_, i) => storefront(edges[i % 2] ?? "")))
        const all = [...pages]
        await pages[0]?.start("First")
        for (const { who, what, value, pauseMs } of actions) {
          let page = pages[who] as Storefront
          learn(page)
          const { customerId, resumeToken } = page
          if (what === "reload" || what === "resume") {
            page.webSocket.close()
            page = await storefront(edges[(who + value) % 2] ?? "")
            all.push(page)
            pages[who] = page
            if (what === "resume") {
              Object.assign(page, { customerId, resumeToken })
              page.send("resumeSession", { customerId, resumeToken })
            }
          } else if (what === "enter") {
            page.send(who === 0 ? "startSession" : "joinSession", { customerName: `P${value}` })
          } else if (what === "cart") page.send("updateCart", { customerId, cartContent: { value } })
          else if (what === "leave") page.send("leaveSession")
          else if (what === "kick") {
            page.send("kick", { customerId: pages[value % 6]?.customerId })
          } else {
            page.send("customerReadyToCheckout", { customerId, customerReadyToCheckout: what === "ready" })
          }
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        }
        // What no message is known for: its refusal comes after the answers to all before.
        const members: Storefront[] = []
        for (const page of pages) {
          page.webSocket.send("the end")
          await until("the answers to all before", () =>
            page.messages.some(({ event, payload }) => event === "error" && payload.code === "legacy.notJson"),
          )
          if (takesPart(page)) members.push(page)
        }
        const same = async (): Promise<boolean> => {
          const shown = await fresh()
          return members.every((page) => isDeepStrictEqual(page.sees, shown))
        }
        await until("all to see what a fresh get gives", same).catch(async () => {
          const shown = await fresh()
          for (const page of members) expect(page.sees).to.deep.equal(shown)
        })
        for (const page of all) {
          const events = page.events()
          const firstUpdate = events.indexOf("multicartUpdate")
          const firstReply = events.findIndex((event) => ENTRANCES.includes(event))
          if (firstUpdate !== -1) expect(firstReply, "a reply before the first update").to.be.within(0, firstUpdate)
        }
        for (const page of open.splice(0)) page.webSocket.terminate()
      })
      await fc.assert(property, { numRuns: 4, seed, endOnFailure: true })
    })
  })
})

/** Notes what the last reply gave. */
function learn(page: Storefront): void {
  const reply = page.messages.findLast(({ event }) => ENTRANCES.includes(event))
  if (reply) Object.assign(page, reply.payload)
}

/** Whether the last that it was told of taking part is that it does. */
function takesPart(page: Storefront): boolean {
  const told = page.events().findLast((event) => event === "leaveSession" || ENTRANCES.includes(event))
  return told !== undefined && told !== "leaveSession"
}
