import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { type Client, type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

interface CartOfClient {
  readonly owner: { id: string; name: string; isHost: boolean; isReadyToCheckout: boolean }
  readonly content: unknown
}

interface Introduced {
  readonly customerId: string
  readonly resumeToken: string
  readonly n: number
}

/** An Ecwid cart, with what JSON can hold. */
const ecwidCart = {
  cartId: "123ABC-D456",
  items: [
    { quantity: 2, product: { id: 66821181, name: "Äpfel 🍎", price: 3.5, weight: 0.1 + 0.2, options: null } },
    { quantity: 1, product: { id: 2, name: "", price: 1e-7, inStock: false, nested: { a: [[], {}, [null]] } } },
  ],
  productsQuantity: 3,
  weight: 1.7976931348623157e308,
  couponCode: null,
}

describe("session.<id>.multicart, through the gateway", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  /** A friend with a connection of its own, who watches the session. */
  class Friend {
    readonly client: Client
    readonly #rid: string
    #carts: ClientCollection<CartOfClient> | undefined
    customerId = ""
    resumeToken = ""
    readonly updates: number[] = []

    constructor(sessionId: string) {
      this.client = newClient()
      this.#rid = `session.${sessionId}.multicart`
    }

    async watch(): Promise<this> {
      this.#carts = await this.client.get<ClientCollection<CartOfClient>>(this.#rid)
      this.#carts.on("add", () => {})
      this.#carts.on("updated" as "add", (event) => this.updates.push((event as unknown as { n: number }).n))
      return this
    }

    async enter(method: "start" | "join", customerName: string): Promise<Introduced> {
      const introduced = await this.call<Introduced>(method, { customerName })
      Object.assign(this, introduced)
      return introduced
    }

    call<T = { n: number }>(method: string, params: object = {}): Promise<T> {
      return this.client.call<T>(this.#rid, method, params)
    }

    /** Calls, and gives the code of the error. */
    async refusal(method: string, params: object): Promise<string> {
      return await this.call(method, params).then(
        () => "accepted",
        (error: { code: string }) => error.code,
      )
    }

    /** What it sees: `multicartContent` of the old protocol. */
    get sees(): unknown[] {
      return [...(this.#carts ?? [])].map(({ owner, content }) => ({ owner, content }))
    }
  }

  const freshContent = async (id: string) => (await get(`${gateway.url}/api/session/${id}/multicart`)).body

  async function allSee(id: string, friends: readonly Friend[], expected: unknown[]): Promise<void> {
    const untilEqual = async (what: string, look: () => unknown): Promise<void> => {
      await until(what, async () => isDeepStrictEqual(await look(), expected)).catch(async () => {
        expect(await look()).to.deep.equal(expected)
      })
    }
    // The gateway may hear of a change a little later than the one who has made it.
    await untilEqual("the gateway to have it", () => freshContent(id))
    for (const friend of friends) await untilEqual("a friend to see it", () => friend.sees)
  }

  const shown = (friend: Friend, name: string, isHost: boolean, content: unknown = {}, isReadyToCheckout = false) => ({
    owner: { id: friend.customerId, name, isHost, isReadyToCheckout },
    content,
  })

  it("is empty, and no error, for a session that nobody has used; system.notFound for no session id", async () => {
    expect(await freshContent(`new-${randomUUID()}`)).to.deep.equal([])
    expect((await get(`${gateway.url}/api/session/a%20b/multicart`)).status).to.equal(404)
    expect((await get(`${gateway.url}/api/session/${"x".repeat(65)}/multicart`)).status).to.equal(404)
  })

  it("tells the whole story: all friends and curl see the same after every step", async () => {
    const id = `story-${randomUUID().slice(0, 8)}`
    const host = await new Friend(id).watch()
    const guest = await new Friend(id).watch()
    const both = [host, guest]

    await host.enter("start", "Host")
    await allSee(id, both, [shown(host, "Host", true)])
    await guest.enter("join", "Guest")
    await allSee(id, both, [shown(host, "Host", true), shown(guest, "Guest", false)])

    await host.call("updateCart", { customerId: host.customerId, cartContent: ecwidCart })
    await allSee(id, both, [shown(host, "Host", true, ecwidCart), shown(guest, "Guest", false)])

    const hostReady = { customerId: host.customerId, customerReadyToCheckout: true }
    expect(await host.refusal("customerReadyToCheckout", hostReady)).to.equal("session.guestsNotReady")
    await guest.call("customerReadyToCheckout", { customerId: guest.customerId, customerReadyToCheckout: true })
    const { n } = await host.call("customerReadyToCheckout", hostReady)
    await allSee(id, both, [shown(host, "Host", true, ecwidCart, true), shown(guest, "Guest", false, {}, true)])
    await until("the update with the answer's n", () => guest.updates.includes(n))
    expect(guest.updates).to.deep.equal(guest.updates.toSorted((a, b) => a - b))

    await host.call("leave", { customerId: host.customerId })
    await allSee(id, both, [shown(guest, "Guest", true, {}, true)])
    await guest.call("leave", { customerId: guest.customerId })
    await allSee(id, both, [])
  })

  it("lets a member change only its own cart, the host kick, and who has the token resume", async () => {
    const id = `own-${randomUUID().slice(0, 8)}`
    const [host, guest, later] = [
      await new Friend(id).watch(),
      await new Friend(id).watch(),
      await new Friend(id).watch(),
    ]
    expect(await guest.refusal("join", { customerName: "Early" })).to.equal("session.notStarted")
    await host.enter("start", "Host")
    await guest.enter("join", "Guest")
    const ofHost = { customerId: host.customerId, cartContent: {} }
    expect(await guest.refusal("updateCart", ofHost)).to.equal("session.notYourCustomer")
    expect(await later.refusal("updateCart", ofHost)).to.equal("session.notYourCustomer")
    expect(await later.refusal("start", { customerName: "Other" })).to.equal("session.hostPresent")
    expect(await guest.refusal("kick", { customerId: host.customerId })).to.equal("session.notHost")
    expect(await host.refusal("updateCart", { ...ofHost, customerId: "nobody" })).to.equal("session.notMember")

    const { customerId, resumeToken } = guest
    expect(await later.refusal("resume", { customerId, resumeToken: "guess" })).to.equal("session.wrongResumeToken")
    await later.call("resume", { customerId, resumeToken })
    expect(await guest.refusal("updateCart", { customerId, cartContent: {} })).to.equal("session.notYourCustomer")
    await later.call("updateCart", { customerId, cartContent: { a: 1 } })
    await host.call("kick", { customerId })
    await allSee(id, [host, guest, later], [shown(host, "Host", true)])
  })

  it("refuses bad params, and the rest of the session goes on", async () => {
    const id = `bad-${randomUUID().slice(0, 8)}`
    const host = await new Friend(id).watch()
    for (const customerName of [undefined, 1, "", "   ", "x".repeat(101), "a\u0000b", "a\nb"]) {
      expect(await host.refusal("start", { customerName })).to.equal("system.invalidParams")
    }
    await host.enter("start", "  Änne 🛒 ")
    const { customerId } = host
    for (const cartContent of [undefined, null, 1, "x", []]) {
      expect(await host.refusal("updateCart", { customerId, cartContent })).to.equal("system.invalidParams")
    }
    const large = { text: "x".repeat(256 * 1024) }
    expect(await host.refusal("updateCart", { customerId, cartContent: large })).to.equal("session.cartTooLarge")
    for (const customerReadyToCheckout of [undefined, 1, "true"]) {
      const params = { customerId, customerReadyToCheckout }
      expect(await host.refusal("customerReadyToCheckout", params)).to.equal("system.invalidParams")
    }
    await allSee(id, [host], [shown(host, "Änne 🛒", true)])
  })

  it("goes on after a restart of the service, and after nats-server was killed, carts unharmed", async () => {
    const id = `durable-${randomUUID().slice(0, 8)}`
    const host = await new Friend(id).watch()
    const guest = await new Friend(id).watch()
    await host.enter("start", "Host")
    await guest.enter("join", "Guest")
    await guest.call("updateCart", { customerId: guest.customerId, cartContent: ecwidCart })
    const expected = [shown(host, "Host", true), shown(guest, "Guest", false, ecwidCart)]

    await product.restartService()
    await allSee(id, [host, guest], expected)
    await guest.call("customerReadyToCheckout", { customerId: guest.customerId, customerReadyToCheckout: true })
    await allSee(id, [host, guest], [shown(host, "Host", true), shown(guest, "Guest", false, ecwidCart, true)])

    if (process.env.RESGATE_BIN) return // it ends with NATS, for its starter to start it again
    await product.natsServer.kill()
    await product.restartNats()
    await until(
      "the session to be there again",
      async () => (await get(`${gateway.url}/api/session/${id}/multicart`)).status === 200,
    )
    await allSee(id, [host, guest], [shown(host, "Host", true), shown(guest, "Guest", false, ecwidCart, true)])
    await until("an accepted update", () =>
      host.call("updateCart", { customerId: host.customerId, cartContent: { b: 2 } }).then(
        () => true,
        () => false,
      ),
    )
    await allSee(
      id,
      [host, guest],
      [shown(host, "Host", true, { b: 2 }), shown(guest, "Guest", false, ecwidCart, true)],
    )
  })
})
