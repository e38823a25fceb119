import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { connect } from "nats"
import { natsConn } from "res-service"
import { WebSocket } from "ws"
import type { Socket } from "../../../clients/js/src/session/edge-link.ts"
import type { Remembered } from "../../../clients/js/src/session/memory.ts"
import { ShoppingSession, type ShoppingSessionOptions } from "../../../clients/js/src/session/shopping-session.ts"
import { identifiedItems } from "../../../contract/line-ids.ts"
import { isRecord } from "../../../contract/record.ts"
import { type Product, startProduct, startTestEdge, useProduct } from "../../helpers/product.ts"
import { type Storefront, useStorefronts } from "../../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../../helpers/until.ts"
import { standIn } from "../../helpers/use.ts"

const apples = { items: [{ quantity: 1, product: { name: "Apples" } }], productsQuantity: 1 }
const pears = { items: [{ quantity: 2, product: { name: "Pears" } }], productsQuantity: 2 }

/** The widget's part in a session, without its looks, on real sockets; and the same seen by an old storefront. */
describe("a storefront widget's session", () => {
  const product = useProduct()
  /** Whose sessions the test uses. */
  let place: Pick<Product, "edgeUrl">
  let sessionId: string
  const openStorefront = useStorefronts(standIn(() => place))
  const sessions: ShoppingSession[] = []
  let sockets: WebSocket[]
  let isOffline: boolean
  /** Messages from the edge, on all connections. */
  let heard: number

  beforeEach(() => {
    place = product
    sessionId = `w-${randomUUID().slice(0, 13)}`
    sockets = []
    isOffline = false
    heard = 0
  })

  afterEach(() => {
    for (const session of sessions.splice(0)) session.close()
  })

  function enter(
    customerName: string,
    options: Partial<ShoppingSessionOptions> = {},
    edgeUrl = place.edgeUrl,
  ): ShoppingSession {
    const connect: ShoppingSessionOptions["connect"] = (handlers): Socket => {
      if (isOffline) {
        setImmediate(() => handlers.onClose())
        return { send: () => {}, close: () => {} }
      }
      const socket = new WebSocket(`${edgeUrl.replace("http", "ws")}/${sessionId}`)
      sockets.push(socket)
      socket.on("open", () => handlers.onOpen())
      socket.on("message", (data: Buffer) => {
        heard++
        handlers.onFrame(data.toString())
      })
      socket.on("close", () => handlers.onClose())
      socket.on("error", () => {})
      return { send: (text) => socket.send(text), close: () => socket.close() }
    }
    const session = new ShoppingSession({ sessionId, customerName, how: "start", connect, random: () => 0, ...options })
    sessions.push(session)
    return session
  }

  async function old(customerName: string): Promise<Storefront> {
    const other = await openStorefront(sessionId)
    await other.join(customerName)
    return other
  }

  const shows = (session: ShoppingSession, line: string): Promise<unknown> =>
    until(`${line} at the widget's`, () => {
      const { members } = session.state
      return line === members.map((m) => `${m.name}${m.isHost ? "*" : ""}${m.isReady ? "+" : ""}`).join(" ")
    })

  const ended = (session: ShoppingSession): Promise<string> =>
    until("the session's end", () => (session.state.phase === "ended" ? session.state.ending : undefined))

  it("starts, shows its cart and is told who comes, is ready and leaves", async () => {
    const told: string[] = []
    const ann = enter("Ann")
    ann.events.on("changes", (changes) => {
      for (const change of changes)
        told.push(change.type === "allReady" ? "all" : `${change.type} ${change.member.name}`)
    })
    ann.setCart(apples)
    await shows(ann, "Ann*")
    const bob = await old("Bob")
    await until("Ann's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(apples))
    bob.send("customerReadyToCheckout", { customerId: bob.customerId, customerReadyToCheckout: true })
    await shows(ann, "Ann* Bob+")
    ann.setReady(true)
    await shows(ann, "Ann*+ Bob+")
    bob.send("leaveSession")
    await shows(ann, "Ann*+")
    expect(told).to.deep.equal(["joined Bob", "ready Bob", "ready Ann", "all", "left Bob"])
  })

  it("sends changes that come close together once, and an equal cart not again", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const bob = await old("Bob")
    for (const quantity of [1, 2, 3, 4]) ann.setCart({ items: [{ quantity }] })
    await until("the last cart", () => JSON.stringify(bob.sees?.[0]?.content) === '{"items":[{"quantity":4}]}')
    const seen = bob.messages.map(({ payload }) => JSON.stringify(payload.multicartContent?.[0]?.content))
    expect(seen.filter((cart) => /quantity":[123]/.test(cart ?? ""))).to.deep.equal([])
    const updates = bob.events().length
    ann.setCart({ items: [{ quantity: 4 }] })
    ann.setReady(false)
    await until("the update that the readiness makes", () => bob.events().length > updates)
    ann.setCart(pears)
    await until("the next cart", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
    expect(bob.events().length - updates, "an equal cart was sent").to.equal(2)
  })

  it("is told of what friends have agreed on, also after a lost connection, and does not take it back", async () => {
    const [ann, agreed] = [enter("Ann"), [] as unknown[]]
    ann.events.on("agreed", (change) => void agreed.push(change))
    ann.setCart(apples)
    await shows(ann, "Ann*")
    const bob = enter("Bob", { how: "join" })
    bob.setCart(pears)
    const own = (session: ShoppingSession) =>
      session.state.members.find(({ id }) => id === session.state.customerId)?.content as typeof apples | undefined
    await until("both carts", () =>
      [ann, bob].every(
        ({ state }) =>
          state.status !== undefined &&
          state.members.length === 2 &&
          state.members.every(({ content }) => isRecord(content) && "items" in content),
      ),
    )
    const [customerId = "", bobsId = ""] = [ann.state.customerId, bob.state.customerId]
    const [line] = identifiedItems(apples)
    await bob.request({ event: "askForLine", payload: { customerId: bobsId, from: customerId, line: line?.id ?? "" } })
    const [offer] = await until(
      "Bob's question",
      () => ann.state.status?.offers.length === 1 && ann.state.status.offers,
    )
    const cutOff = async (): Promise<void> => {
      const before = sockets.length
      for (const socket of sockets) socket.terminate()
      await until("new connections", () => sockets.length >= before + 2)
      await until("both to be back", () => [ann, bob].every(({ state }) => state.phase === "live"))
    }
    await cutOff()
    await ann.request({ event: "answerOffer", payload: { customerId, offer: offer?.id ?? "", accept: true } })
    await until("Ann's cart without apples", () => own(ann)?.items.length === 0)
    await until("Bob's cart with apples", () => own(bob)?.items.length === 2)
    expect(agreed).to.deep.equal([{ before: apples, after: { ...apples, items: [] } }])
    await cutOff()
    bob.setReady(true)
    await until("Bob is ready at Ann's", () => ann.state.members.some(({ isReady }) => isReady))
    expect([own(ann)?.items.length, own(bob)?.items.length]).to.deep.equal([0, 2])
  })

  it("is told of the refusal when the host is ready too early", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    await old("Bob")
    await shows(ann, "Ann* Bob")
    const codes: string[] = []
    ann.events.on("refused", ({ code }) => codes.push(code))
    ann.setReady(true)
    await until("the refusal", () => codes.length > 0)
    expect(codes).to.deep.equal(["session.guestsNotReady"])
  })

  it("comes back after the loss of its connection as the same customer, with the cart of meanwhile", async () => {
    const ann = enter("Ann")
    ann.setCart(apples)
    await shows(ann, "Ann*")
    const { customerId } = ann.state
    const bob = await old("Bob")
    const phases: string[] = []
    ann.events.on("state", ({ phase }) => phases.push(phase))
    sockets[0]?.terminate()
    await until("the loss to be seen", () => ann.state.phase === "reconnecting")
    ann.setCart(pears)
    await until("the other cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
    await until("live again", () => ann.state.phase === "live")
    expect(ann.state.customerId).to.equal(customerId)
    await bob.shows("Ann* Bob")
    expect(sockets).to.have.length(2)
  })

  it("resumes on another page by what it remembered", async () => {
    let remembered: Remembered | undefined
    const ann = enter("Ann")
    ann.events.on("entered", (identity) => {
      remembered = identity
    })
    ann.setCart(apples)
    await shows(ann, "Ann*")
    ann.close()
    const again = enter("Ann", { how: "join", remembered })
    await shows(again, "Ann*")
    expect(again.state.customerId).to.equal(ann.state.customerId)
    expect(again.state.members[0]?.content).to.deep.equal(apples)
  })

  it("opens the session again for its friends when all had gone", async () => {
    const remembered: Remembered = {
      sessionId,
      customerName: "Ann",
      customerId: "gone",
      resumeToken: "old",
      invite: undefined,
    }
    const ann = enter("Ann", { how: "join", remembered })
    await shows(ann, "Ann*")
    expect(ann.state.customerId).to.not.equal("gone")
  })

  it("joins when it would start what has a host, and is refused where nobody is", async () => {
    const bob = enter("Bob", { how: "join" })
    expect(await ended(bob)).to.equal("session.notStarted")
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const eve = enter("Eve")
    await shows(eve, "Ann* Eve")
    expect(await ended(enter(" ", { how: "join" }))).to.equal("system.invalidParams")
  })

  it("ends when the host takes it out, and the host's session goes on", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const bob = enter("Bob", { how: "join" })
    await shows(ann, "Ann* Bob")
    ann.kick(bob.state.customerId ?? "")
    expect(await ended(bob)).to.equal("removed")
    await shows(ann, "Ann*")
    expect(ann.state.phase).to.equal("live")
  })

  it("lets its friends in by the invitation that the host makes, and by nothing else from then on", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const invite = await ann.createInvite({ maxUses: 1 })
    expect(ann.state.invite).to.equal(invite)
    expect(await ended(enter("Eve", { how: "join" }))).to.equal("session.inviteNeeded")
    const bob = enter("Bob", { how: "join", invite })
    await shows(ann, "Ann* Bob")
    expect(await ended(enter("Eve", { how: "join", invite }))).to.equal("session.inviteUsedUp")
    await shows(bob, "Ann* Bob")
    const refusal = await bob.createInvite().catch((error: { code: string }) => error.code)
    expect(refusal).to.equal("session.notHost")
  })

  it("keeps a cart to itself that is too large, and stays connected, while the friends see the one before", async () => {
    const ann = enter("Ann")
    ann.setCart(apples)
    await shows(ann, "Ann*")
    const codes: string[] = []
    ann.events.on("refused", ({ code }) => codes.push(code))
    for (const kilobytes of [257, 2000]) {
      ann.setCart({ items: [], note: "x".repeat(kilobytes * 1024) })
      await until(`the refusal of ${kilobytes} kB`, () => codes.length > 0)
      expect(codes.splice(0)).to.deep.equal(["session.cartTooLarge"])
    }
    ann.setReady(true)
    await shows(ann, "Ann*+")
    expect(ann.state.members[0]?.content).to.deep.equal(apples)
    expect(sockets).to.have.length(1)
  })

  it("sends a cart again that could not be stored while the service was away", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const bob = await old("Bob")
    await product.stopService()
    const from = heard
    ann.setCart(pears)
    await until("the refusal", () => heard > from)
    await product.restartService()
    await until("the cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
  })

  it("leaves, and the others know when it says so", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const bob = await old("Bob")
    await ann.leave()
    expect(ann.state).to.include({ phase: "ended", ending: "left" })
    await bob.shows("Bob*")
  })

  it("takes its customer back from another page of the browser when it is used", async () => {
    let remembered: Remembered | undefined
    const first = enter("Ann")
    first.events.on("entered", (identity) => {
      remembered = identity
    })
    await shows(first, "Ann*")
    const copy = enter("Ann", { how: "join", remembered })
    await shows(copy, "Ann*")
    const refused: string[] = []
    first.events.on("refused", ({ code }) => refused.push(code))
    first.setReady(true)
    await shows(first, "Ann*+")
    await shows(copy, "Ann*+")
    copy.setReady(false)
    await shows(first, "Ann*")
    expect(refused).to.deep.equal([])
  })

  /** Ann on one page, and on a copy of that page, as a duplicated tab makes it. */
  async function onTwoPages(
    edgeUrl?: string,
    copyEdgeUrl = edgeUrl,
  ): Promise<[first: ShoppingSession, copy: ShoppingSession]> {
    let remembered: Remembered | undefined
    const first = enter("Ann", {}, edgeUrl)
    first.events.on("entered", (identity) => {
      remembered = identity
    })
    first.setCart(apples)
    await shows(first, "Ann*")
    const copy = enter("Ann", { how: "join", remembered }, copyEdgeUrl)
    await shows(copy, "Ann*")
    return [first, copy]
  }

  it("does not undo on one page what was done on the other when both come back after a loss", async () => {
    const [first, copy] = await onTwoPages()
    const bob = await old("Bob")
    copy.setCart(pears)
    await until("the copy's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
    await until("the first page to be told", () => first.state.isElsewhere)
    sockets[1]?.terminate()
    sockets[0]?.terminate()
    await until("both again", () => sockets.length >= 4 && copy.state.phase === "live" && first.state.phase === "live")
    await sleep(500)
    expect(bob.sees?.[0]?.content).to.deep.equal(pears)
  })

  it("takes its place back when the copy was on another edge, which knows nothing of this page", async () => {
    const own = await startProduct({ sessions: { absenceMs: 2 * PATIENCE_MS } })
    const nats = await connect({ servers: own.natsServer.url })
    const edge = await startTestEdge(natsConn(nats))
    try {
      const [first, copy] = await onTwoPages(own.edgeUrl, `http://127.0.0.1:${edge.port}`)
      let returned = false
      first.events.on("entered", () => {
        returned = true
      })
      copy.close()
      await until("the first page to be back", () => returned)
      await shows(first, "Ann*")
      first.setReady(true)
      await shows(first, "Ann*+")
    } finally {
      for (const session of sessions.splice(0)) session.close()
      await edge.stop()
      await nats.close()
      await own.stop()
    }
  })

  it("finds out, when asked to look, that its connection is dead, and takes another", async () => {
    const ann = enter("Ann", { answerMs: 4000 })
    ann.setCart(apples)
    await shows(ann, "Ann*")
    ann.probe()
    await until("the probe to be answered", () => heard > 2)
    expect(sockets).to.have.length(1)
    // As after a change of networks: nothing comes any more, and nobody says so.
    sockets[0]?.removeAllListeners("message")
    ann.probe()
    await until("another connection", () => ann.state.phase === "live" && sockets.length >= 2)
    await shows(ann, "Ann*")
  })

  it("finds out by itself that its connection is dead, and takes another", async () => {
    const ann = enter("Ann", { quietMs: 200, answerMs: 4000 })
    await shows(ann, "Ann*")
    const before = heard
    await until("three answers to what it asks by itself", () => heard >= before + 3)
    expect([ann.state.phase, sockets.length]).to.deep.equal(["live", 1])
    const phases: string[] = []
    ann.events.on("state", ({ phase }) => phases.push(phase))
    sockets[0]?.removeAllListeners("message")
    await until("another connection", () => ann.state.phase === "live" && sockets.length >= 2)
    expect(phases[0]).to.equal("reconnecting")
  })

  it("does not look live while the service behind the edge is away, and keeps its connection", async () => {
    const ann = enter("Ann", { quietMs: 200 })
    await shows(ann, "Ann*")
    await product.stopService()
    await until("the loss to be seen", () => ann.state.phase === "reconnecting")
    ann.setCart(pears)
    await product.restartService()
    await until("live again", () => ann.state.phase === "live")
    expect(sockets).to.have.length(1)
    const bob = await until("the service for Bob", () => old("Bob").catch(() => undefined))
    await until("Ann's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
  })

  it("shows the own cart as it is here until the friends see it too", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const own = () => ann.state.members[0]?.content
    isOffline = true
    sockets[0]?.terminate()
    await until("the loss to be seen", () => ann.state.phase === "reconnecting")
    ann.setCart(apples)
    expect(own()).to.deep.equal(apples)
    isOffline = false
    const bob = await old("Bob")
    await until("the cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(apples))
    expect(own()).to.deep.equal(apples)
  })

  it("takes another connection at once when the device is online again", async () => {
    const ann = enter("Ann")
    await shows(ann, "Ann*")
    const { customerId } = ann.state
    ann.reconnect()
    expect(ann.state.phase).to.equal("reconnecting")
    await until("live again", () => ann.state.phase === "live")
    expect([sockets.length, ann.state.customerId]).to.deep.equal([2, customerId])
  })

  it("goes on by itself after an outage of NATS", async () => {
    const ann = enter("Ann")
    ann.setCart(apples)
    await shows(ann, "Ann*")
    await product.restartNats()
    ann.setCart(pears)
    const bob = await until("NATS for Bob", () => old("Bob").catch(() => undefined))
    await until("Ann's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
  })

  it("goes on by itself after an outage of the service", async () => {
    const ann = enter("Ann")
    ann.setCart(apples)
    await shows(ann, "Ann*")
    await product.restartService()
    ann.setCart(pears)
    const bob = await until("the service for Bob", () => old("Bob").catch(() => undefined))
    await until("Ann's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
  })

  describe("which members may be away from for 2 s", () => {
    const brief = useProduct({ sessions: { absenceMs: 2000 } })

    beforeEach(() => {
      place = brief
    })

    it("joins as a new customer of the same name after it was away too long, and is not told of this as a change", async () => {
      const ann = enter("Ann")
      await shows(ann, "Ann*")
      const bob = enter("Bob", { how: "join" })
      await shows(bob, "Ann* Bob")
      const { customerId } = bob.state
      const told: string[] = []
      bob.events.on("changes", (changes) => told.push(...changes.map(({ type }) => type)))
      isOffline = true
      sockets[1]?.terminate()
      await shows(ann, "Ann*")
      isOffline = false
      await shows(ann, "Ann* Bob")
      await until("live again", () => bob.state.phase === "live")
      expect(bob.state.customerId).to.not.equal(customerId)
      expect(told).to.deep.equal([])
    })

    it("is told that its customer was resumed on a copy of the page, which can be closed without harm", async () => {
      const [first, copy] = await onTwoPages()
      await until("the first page to be told", () => first.state.isElsewhere)
      const bob = await old("Bob")
      copy.setReady(false)
      copy.setCart(pears)
      await until("the copy's cart at Bob's", () => JSON.stringify(bob.sees?.[0]?.content) === JSON.stringify(pears))
      await until("the same at the first page", () => first.state.members[0]?.content !== undefined)
      copy.close()
      await until("the first page to be told again", () => !first.state.isElsewhere)
      bob.send("customerReadyToCheckout", { customerId: bob.customerId, customerReadyToCheckout: true })
      await shows(first, "Ann* Bob+")
      first.setReady(true)
      await shows(first, "Ann*+ Bob+")
      // Longer than an absent member stays.
      await sleep(3000)
      await bob.shows("Ann*+ Bob+")
      expect(first.state).to.include({ phase: "live", customerId: copy.state.customerId })
      expect(first.state.members[0]?.content).to.deep.equal(pears)
    })

    it("stays in the session as well when it is the first page that is closed, or one that was cut off", async () => {
      const [first, copy] = await onTwoPages()
      const bob = await old("Bob")
      first.close()
      await sleep(3000)
      await bob.shows("Ann* Bob")
      expect(copy.state.phase).to.equal("live")
    })
  })
})
