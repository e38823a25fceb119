import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { SessionStatus } from "../../contract/session-status.ts"
import { versionOf } from "../../service/session/cart-content.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { type Client, type ClientModel, useClients } from "../helpers/res-client.ts"
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

    static async enter(method: "start" | "join", customerName: string): Promise<Friend> {
      const friend = new Friend()
      Object.assign(friend, await friend.call(method, { customerName }))
      return friend
    }

    async watch(): Promise<this> {
      this.#status = await this.client.get<ClientModel<SessionStatus>>(`session.${id}.status`)
      this.#status.on("change", () => {})
      return this
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
    for (const friend of [ann, bob]) {
      await friend.sees({ n: (await fresh()).n })
      expect(friend.status).to.deep.equal(await fresh())
    }

    // In all of this the old page got its own messages only, in their old shape.
    expect(new Set(old.events())).to.deep.equal(new Set(["joinSession", "multicartUpdate", "error"]))
    const owners = old.messages.flatMap(({ event, payload }) =>
      event === "multicartUpdate" ? (payload.multicartContent as SharedCart[]) : [],
    )
    for (const cart of owners) {
      expect(Object.keys(cart)).to.have.members(["owner", "content"])
      expect(Object.keys(cart.owner)).to.have.members(["id", "name", "isHost", "isReadyToCheckout"])
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
    const deadline = new Date(Date.now() + 1500).toISOString()
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
})
