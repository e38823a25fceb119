import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { connect } from "nats"
import { silentLogger } from "res-service"
import type { SessionStatus } from "../../contract/session-status.ts"
import { Bucket } from "../../service/jetstream/bucket.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { partitionOf } from "../../service/log/subjects.ts"
import { versionOf } from "../../service/session/cart-content.ts"
import { Currencies } from "../../service/session/currencies.ts"
import { BUCKET, SessionStore } from "../../service/session/session-store.ts"
import { type SessionEventSenders, Sessions } from "../../service/session/sessions.ts"
import { statusOf } from "../../service/session/status.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { type Client, type ClientModel, useClients } from "../helpers/res-client.ts"
import { beginCheckout, cart, completeCheckout, join, laterThan, ready, start } from "../helpers/session-commands.ts"
import { type SharedCart, useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

const bread = { items: [{ quantity: 1, product: { name: "Rye Bread", price: 3.2 } }] }
const milk = { items: [{ quantity: 2, product: { name: "Milk", price: 1.1 } }] }

describe("session.<id>.status, through the gateway", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const openPage = useStorefronts(product)
  let id: string

  beforeEach(() => {
    id = `status-${randomUUID().slice(0, 8)}`
  })

  /** A member with a connection of its own. */
  class Friend {
    readonly client: Client = newClient()
    readonly rid = `session.${id}.multicart`
    customerId = ""
    #status: ClientModel<SessionStatus> | undefined

    static async enter(method: "start" | "join", customerName: string, more: object = {}): Promise<Friend> {
      const friend = new Friend()
      Object.assign(friend, await friend.call(method, { customerName, ...more }))
      return friend
    }

    async watch(): Promise<this> {
      this.#status = await this.client.get<ClientModel<SessionStatus>>(`session.${id}.status`)
      this.#status.on("change", () => {})
      return this
    }

    /** Calls `listener` when the gateway ends the subscription. */
    onEnd(listener: () => void): void {
      this.#status?.on("unsubscribe", listener)
    }

    get status(): Partial<SessionStatus> {
      return { ...this.#status?.props }
    }

    call<T = { n: number }>(method: string, params: object = {}): Promise<T> {
      return this.client.call<T>(this.rid, method, params)
    }

    setCart(cartContent: object): Promise<{ n: number }> {
      return this.call("updateCart", { customerId: this.customerId, cartContent })
    }

    ready(content: object): Promise<{ n: number }> {
      const { customerId } = this
      return this.call("customerReadyToCheckout", {
        customerId,
        customerReadyToCheckout: true,
        version: versionOf(content),
      })
    }

    /** The code and data of the error of a call. */
    async refusal(call: Promise<unknown>): Promise<[string, unknown]> {
      return await call.then(
        () => ["accepted", undefined],
        ({ code, data }: { code: string; data: unknown }) => [code, data],
      )
    }

    async sees(expected: Partial<SessionStatus>): Promise<void> {
      const names = Object.keys(expected) as (keyof SessionStatus)[]
      const seen = () => JSON.stringify(names.map((name) => this.status[name]))
      await until(`the status ${JSON.stringify(expected)}`, () => seen() === JSON.stringify(Object.values(expected)))
    }
  }

  const fresh = async (): Promise<SessionStatus> => (await get(`${gateway.url}/api/session/${id}/status`)).body

  it("of a session that nobody uses is shopping, and follows whoever starts it, and its end", async () => {
    const watcher = await new Friend().watch()
    expect(watcher.status).to.include({ n: 0, phase: "shopping", payer: null, deadline: null, split: "byCart" })
    const host = await Friend.enter("start", "Ann")
    const { n } = await host.call("lock")
    await watcher.sees({ n, phase: "locked", locked_by: "host" })
    expect(await fresh()).to.deep.equal(watcher.status)
    await host.call("leave", { customerId: host.customerId })
    await watcher.sees({ n: 0, phase: "shopping", locked_by: null, locked_at: null })
  })

  it("tells a purchase from shopping to the order: friends, curl and a page of the old protocol agree", async () => {
    const ann = await (await Friend.enter("start", "Ann")).watch()
    const bob = await (await Friend.enter("join", "Bob")).watch()
    const old = await openPage(id)
    await old.join("Old")
    const sendOld = (event: string, payload: object) => old.send(event, { customerId: old.customerId, ...payload })
    await ann.setCart(milk)
    await bob.setCart(bread)
    await bob.ready(bread)
    sendOld("customerReadyToCheckout", { customerReadyToCheckout: true })
    await old.shows("Ann* Bob+ Old+")
    await ann.ready(milk)
    await old.shows("Ann*+ Bob+ Old+")
    await ann.sees({ everybody_ready: true, phase: "shopping" })

    // A change of a cart ends its readiness, and the old page sees the flag fall.
    sendOld("updateCart", { cartContent: bread })
    await old.shows("Ann* Bob+ Old")
    await ann.sees({ everybody_ready: false })
    expect(await bob.refusal(bob.ready(milk))).to.deep.equal([
      "session.cartChanged",
      { version: versionOf(bread), content: bread },
    ])
    expect((await ann.refusal(ann.call("beginCheckout", { customerId: ann.customerId })))[0]).to.equal(
      "session.notEverybodyReady",
    )

    // Locked: the old page gets an error, which it ignores, and what is true.
    await ann.call("lock")
    const since = (await fresh()).locked_at
    expect(await bob.refusal(bob.setCart(milk))).to.deep.equal(["session.locked", { by: "host", since }])
    expect(await bob.refusal(bob.call("unlock"))).to.deep.equal(["session.notHost", undefined])
    const from = old.messages.length
    sendOld("updateCart", { cartContent: milk })
    expect(await old.next("error", from)).to.deep.include({ code: "session.locked" })
    await until("the cart as it is", () => old.messages.slice(from).some(({ event }) => event === "multicartUpdate"))
    expect(old.sees?.[2]?.content).to.deep.equal(bread)
    sendOld("customerReadyToCheckout", { customerReadyToCheckout: true })
    await old.shows("Ann* Bob+ Old+")
    await ann.ready(milk)

    await bob.call("beginCheckout", { customerId: bob.customerId })
    await ann.sees({ phase: "checkingOut", payer: bob.customerId, everybody_ready: true })
    expect(
      await old.refusal("customerReadyToCheckout", { customerId: old.customerId, customerReadyToCheckout: false }),
    ).to.equal("session.checkingOut")
    expect((await ann.refusal(ann.call("completeCheckout")))[0]).to.equal("session.notPayer")
    await bob.call("completeCheckout", { order_ref: "No. 7" })
    await ann.sees({ phase: "ordered", order_ref: "No. 7" })
    expect(await old.refusal("updateCart", { customerId: old.customerId, cartContent: {} })).to.equal("session.ordered")

    await ann.call("shopAgain")
    await old.shows("Ann* Bob Old")
    await bob.sees({ phase: "shopping", payer: null, order_ref: null })
    sendOld("updateCart", { cartContent: milk })
    await until("the old page's cart", async () => {
      const carts: SharedCart[] = (await get(`${gateway.url}/api/session/${id}/multicart`)).body
      return JSON.stringify(carts.at(-1)?.content) === JSON.stringify(milk)
    })
    for (const friend of [ann, bob])
      await until("a friend to see what curl sees", async () => isDeepStrictEqual(await fresh(), friend.status))

    // In all of this the old page got its own messages only, in their old shape.
    expect(new Set(old.events())).to.deep.equal(new Set(["joinSession", "multicartUpdate", "error"]))
    const owners = old.messages.flatMap(({ event, payload }) =>
      event === "multicartUpdate" ? (payload.multicartContent as SharedCart[]) : [],
    )
    for (const shared of owners) {
      expect(Object.keys(shared)).to.have.members(["owner", "content"])
      expect(Object.keys(shared.owner)).to.have.members(["id", "name", "isHost", "isReadyToCheckout"])
    }
    for (const { event, payload } of old.messages)
      if (event === "error") expect(Object.keys(payload)).to.have.members(["code", "message"])
  })

  it("is locked at the deadline, while nobody calls, and after a restart in the meantime; everyone is told", async () => {
    const host = await (await Friend.enter("start", "Ann")).watch()
    const old = await openPage(id)
    await old.join("Old")
    const past = new Date(Date.now() - 1000).toISOString()
    expect((await host.refusal(host.call("setDeadline", { at: past })))[0]).to.equal("session.deadlineOutOfRange")
    for (const at of ["soon", 12, "2026-01-01", undefined])
      expect((await host.refusal(host.call("setDeadline", { at })))[0]).to.equal("system.invalidParams")
    // Far enough away to be seen, and for the restart.
    const deadline = new Date(Date.now() + 8000).toISOString()
    await host.call("setDeadline", { at: deadline })
    await host.sees({ phase: "shopping", deadline })
    await product.restartService()
    const from = old.messages.length
    await host.sees({ phase: "locked", locked_by: "deadline", locked_at: deadline })
    await until("the old page to be told", () =>
      old.messages.slice(from).some(({ event }) => event === "multicartUpdate"),
    )
    expect(await old.refusal("updateCart", { customerId: old.customerId, cartContent: bread })).to.equal(
      "session.locked",
    )
    await host.call("unlock")
    await host.sees({ phase: "shopping", deadline: null })
  })

  it("has the totals of all carts, in the currency of the shop that the host has named", async () => {
    const shopId = randomUUID()
    const client = newClient()
    await client.call(`store.${shopId}.profile`, "set", { currency: "JPY" })
    const ann = await Friend.enter("start", "Ann", { shop_id: shopId.toUpperCase() })
    const bob = await Friend.enter("join", "Bob")
    await ann.watch()
    expect(ann.status).to.include({ shop_id: shopId, currency: "JPY" })
    await ann.setCart({ items: [{ quantity: 3, product: { price: 33.5 } }] })
    await bob.setCart({ items: [{ quantity: 1, product: { price: "?" } }] })
    const { n } = await ann.call("setSplit", { split: "evenly" })
    await ann.sees({ n, split: "evenly" })
    expect((await fresh()).totals).to.deep.equal({
      currency: "JPY",
      decimals: 0,
      total: 101,
      members: [
        { customer: ann.customerId, name: "Ann", items: 3, cart: 101, share: 51 },
        { customer: bob.customerId, name: "Bob", items: 0, cart: 0, share: 50 },
      ],
      rounding: 1,
      unreadable: [bob.customerId],
    })
    const stranger = newClient()
    const refused = await stranger
      .call(`session.${id}x.multicart`, "start", { customerName: "X", shop_id: "shop" })
      .then(
        () => "accepted",
        ({ code }: { code: string }) => code,
      )
    expect(refused).to.equal("system.invalidParams")
  })

  it("costs nothing while nobody has got it: no event is sent", async () => {
    const subjects: string[] = []
    const subscription = product.nats.subscribe(`event.session.${id}.>`, {
      callback: (_, { subject }) => void subjects.push(subject.split(".").slice(3).join(".")),
    })
    await product.nats.flush()
    const ann = await Friend.enter("start", "Ann")
    await ann.setCart(milk)
    await ann.call("lock")
    const watcher = await new Friend().watch()
    const { n } = await ann.call("unlock")
    await watcher.sees({ n })
    await product.nats.flush()
    const own = `cart.${ann.customerId}.change`
    expect(subjects.filter((subject) => !subject.startsWith("present."))).to.deep.equal([
      "multicart.add",
      "multicart.updated",
      own,
      "multicart.updated",
      "multicart.updated",
      "status.change",
      "multicart.updated",
    ])
    subscription.unsubscribe()
  })

  it("of a closed session is shown to its members only", async () => {
    const ann = await (await Friend.enter("start", "Ann")).watch()
    const stranger = await new Friend().watch()
    let isOver = false
    stranger.onEnd(() => {
      isOver = true
    })
    await ann.call("createInvite")
    await until("the stranger's subscription to end", () => isOver)
    expect((await get(`${gateway.url}/api/session/${id}/status`)).status).to.equal(401)
    const { n } = await ann.call("lock")
    await ann.sees({ n, phase: "locked" })
  })
})

describe("stored sessions", () => {
  const product = useProduct()

  /** A store with a connection of its own, as in another process. */
  async function openStore() {
    const nats = await connect({ servers: product.natsServer.url })
    const js = new JetStream(nats)
    const store = new SessionStore(js, serviceOptions.sessions.idleMs, 2 ** 20)
    await store.open()
    return { store, bucket: new Bucket(js, BUCKET), close: () => nats.close() }
  }

  const prefix = (id: string) => `${partitionOf(id)}.${id}`
  /** As the release before this one has written it. */
  const oldState = {
    hostId: "ann",
    members: [
      { id: "ann", name: "Ann", ready: true, cid: "c1", resumeHash: "h1", wantsReady: false },
      { id: "bob", name: "Bob", ready: true, cid: "c2", resumeHash: "h2" },
    ],
  }

  it("of the last release load, with all that they did not know at its default, and go on", async () => {
    const { store, bucket, close } = await openStore()
    await bucket.put(`${prefix("old")}.state`, JSON.stringify(oldState))
    await bucket.put(`${prefix("old")}.cart.bob`, JSON.stringify(bread))
    const stored = await store.load("old")
    const { totals, ...status } = statusOf(stored.session, 1, null)
    expect(status).to.deep.equal({
      n: 1,
      phase: "shopping",
      everybody_ready: true,
      locked_by: null,
      locked_at: null,
      deadline: null,
      payer: null,
      checking_out_at: null,
      ordered_at: null,
      order_ref: null,
      split: "byCart",
      shop_id: null,
      currency: null,
      offers: [],
      disowned: [],
    })
    expect(totals?.total).to.equal(3.2)
    const later = laterThan(stored.session, beginCheckout("bob"), completeCheckout("bob"))
    await store.save("old", stored, later, [{ type: "ordered", at: 0, ref: undefined }])
    expect(statusOf((await store.load("old")).session, 1, null)).to.include({ phase: "ordered", payer: "bob" })
    await close()
  })

  it("survive a stop between a cart and the flag that it ends: nobody is ready for another cart", async () => {
    const { store, bucket, close } = await openStore()
    const sessions = new Sessions(store, {
      idleMs: 60_000,
      memoryBytes: 2 ** 20,
      isOwned: () => true,
      currencies: new Currencies(async () => null),
      logger: silentLogger,
    })
    let resets = 0
    const sender = { add: () => {}, change: () => {}, event: () => {} }
    const events = {
      multicart: sender,
      present: sender,
      status: sender,
      cart: () => sender,
      reset: () => void resets++,
    } as unknown as SessionEventSenders
    for (const command of [start("ann"), join("bob"), cart("bob", bread), ready("bob"), ready("ann")])
      await sessions.execute("stop", command, events)
    const seen = async () => (await sessions.get("stop"))?.members.map((member) => [member.ready, member.content])
    sessions.dropWhere(() => true)
    expect(await seen()).to.deep.equal([
      [true, {}],
      [true, bread],
    ])

    // Somebody else has written the state meanwhile, so only the first of the two writes is stored.
    const state = await bucket.entry(`${prefix("stop")}.state`)
    await bucket.put(`${prefix("stop")}.state`, state?.string() ?? "")
    const failure = await sessions.execute("stop", cart("bob", milk), events).catch((error) => error.code)
    expect(failure).to.equal("system.serviceUnavailable")
    expect(await seen()).to.deep.equal([
      [false, {}],
      [false, milk],
    ])
    // Whoever watches gets all of it again.
    expect(resets).to.equal(1)
    await close()
  })
})
