import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type Client, type ClientCollection, useClients } from "../helpers/res-client.ts"
import { type SharedCart, type Storefront, useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

interface Introduced {
  readonly customerId: string
  readonly resumeToken: string
}

/** Someone with a connection to the gateway. */
class Visitor {
  readonly client: Client
  carts: ClientCollection<SharedCart> | undefined
  ended = false

  constructor(client: Client) {
    this.client = client
  }

  /** Subscribes; gives the code of the error, if there is one. */
  async watch(rid: string): Promise<string | undefined> {
    try {
      this.carts = await this.client.get<ClientCollection<SharedCart>>(rid)
      this.carts.on("add", () => {})
      this.carts.on("unsubscribe", () => {
        this.ended = true
      })
      return undefined
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  get sees(): string {
    return [...(this.carts ?? [])].map(({ owner, content }) => `${owner.name} ${JSON.stringify(content)}`).join(", ")
  }
}

describe("a session whose host makes invitations", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const openPage = useStorefronts(product)
  let id: string
  let rid: string

  beforeEach(() => {
    id = `closed-${randomUUID().slice(0, 8)}`
    rid = `session.${id}.multicart`
  })

  const visitor = (): Visitor => new Visitor(newClient())
  const page = (): Promise<Storefront> => openPage(id)
  const enter = (who: Visitor, method: "start" | "join", customerName: string, invite?: string) =>
    who.client.call<Introduced>(rid, method, { customerName, ...(invite === undefined ? {} : { invite }) })
  const setCart = (who: Visitor, { customerId }: Introduced, cartContent: object) =>
    who.client.call(rid, "updateCart", { customerId, cartContent })

  it("shows itself to nobody else through the gateway, and ends what strangers had subscribed to", async () => {
    const [host, stranger, ofCart] = [visitor(), visitor(), visitor()]
    const own = await enter(host, "start", "Host")
    const cartRid = `session.${id}.cart.${own.customerId}`
    await setCart(host, own, { before: true })
    expect([await host.watch(rid), await stranger.watch(rid)]).to.deep.equal([undefined, undefined])
    await ofCart.client.get(cartRid).then((model) =>
      (model as { on: (event: string, on: () => void) => void }).on("unsubscribe", () => {
        ofCart.ended = true
      }),
    )
    const old = await page()
    await old.join("Old")
    await until("the stranger to see it while it is open", () => stranger.sees === 'Host {"before":true}, Old {}')

    const { invite } = await host.client.call<{ invite: string }>(rid, "createInvite")
    await until("the strangers' subscriptions to end", () => stranger.ended && ofCart.ended)
    await setCart(host, own, { secret: 1 })
    await until(
      "the members to see what came later",
      () =>
        [host.sees, old.line].join() === 'Host {"secret":1}, Old {},Host* Old' && old.sees?.[0]?.content !== undefined,
    )
    expect(stranger.sees).not.to.include("secret")

    for (const path of ["multicart", "present", `cart/${own.customerId}`]) {
      const answer = await get(`${gateway.url}/api/session/${id}/${path}`)
      expect([answer.status, answer.body.code], path).to.deep.equal([401, "system.accessDenied"])
    }
    const later = visitor()
    for (const each of [rid, `session.${id}.present`, cartRid])
      expect(await later.watch(each)).to.equal("system.accessDenied")

    expect(await enter(later, "join", "Later").catch(({ code }: { code: string }) => code)).to.equal(
      "session.inviteNeeded",
    )
    await enter(later, "join", "Invited", invite)
    expect(await later.watch(rid)).to.equal(undefined)
    await until("it to see all", () => later.sees === 'Host {"secret":1}, Old {}, Invited {}')

    const second = await host.client.call<{ invite: string }>(rid, "createInvite")
    await enter(visitor(), "join", "By the first", invite)
    const only = await host.client.call<{ invite: string }>(rid, "createInvite", { replace: true })
    for (const replaced of [invite, second.invite]) {
      const refusal = await enter(visitor(), "join", "Too late", replaced).catch(({ code }: { code: string }) => code)
      expect(refusal).to.equal("session.inviteNeeded")
    }
    await enter(visitor(), "join", "By the only one", only.invite)
    expect(host.ended).to.equal(false)
  })

  it("shows itself to nobody who was taken out or left, and to all connections of a member that was resumed", async () => {
    const [host, kicked, left, first, second] = [visitor(), visitor(), visitor(), visitor(), visitor()]
    const own = await enter(host, "start", "Host")
    const kickedId = (await enter(kicked, "join", "Kicked")).customerId
    const leftId = (await enter(left, "join", "Left")).customerId
    const moved = await enter(first, "join", "Moved")
    const kickedPage = await page()
    await kickedPage.join("Page")
    await host.client.call(rid, "createInvite")
    for (const each of [host, kicked, left, first]) expect(await each.watch(rid)).to.equal(undefined)

    await host.client.call(rid, "kick", { customerId: kickedId })
    await until("the kicked one's subscription to end", () => kicked.ended)
    await left.client.call(rid, "leave", { customerId: leftId })
    await until("the leaver's subscription to end", () => left.ended)
    expect(await second.watch(rid)).to.equal("system.accessDenied")
    const { customerId, resumeToken } = moved
    await second.client.call(rid, "resume", { customerId, resumeToken })
    expect(await second.watch(rid)).to.equal(undefined)

    const copy = await page()
    await copy.enter("resumeSession", { customerId: kickedPage.customerId, resumeToken: kickedPage.resumeToken })
    await setCart(host, own, { both: 1 })
    for (const each of [kickedPage, copy])
      await until(
        "both pages of one person to see the cart",
        () => JSON.stringify(each.sees?.[0]?.content) === '{"both":1}',
      )
    await host.client.call(rid, "kick", { customerId: kickedPage.customerId })
    for (const each of [kickedPage, copy])
      await until("both pages to be shown that they are out", () => each.sees?.length === 0)
    const shown = kickedPage.messages.length
    await setCart(host, own, { secret: 1 })
    for (const each of [first, second])
      await until("the others to see the cart", () => each.sees === 'Host {"secret":1}, Moved {}')
    await host.client.call(rid, "kick", { customerId })
    await until("all connections of one that is kicked to be shut out", () => first.ended && second.ended)
    expect(await kickedPage.refusal("joinSession", { customerName: "Again" })).to.equal("session.inviteNeeded")
    expect(kickedPage.messages.slice(shown).map(({ event }) => event)).to.deep.equal(["error"])
    for (const each of [kicked, left]) expect(each.sees).not.to.include("secret")
  })

  it("stays closed, and open to its members, over a restart of the service", async () => {
    const host = visitor()
    const own = await enter(host, "start", "Host")
    const old = await page()
    await old.join("Old")
    expect(await host.watch(rid)).to.equal(undefined)
    await host.client.call(rid, "createInvite")
    await product.restartService()
    await until("the service", async () => (await get(`${gateway.url}/api/session/${id}/multicart`)).status === 401)
    // What the gateway asked when the service went away has no answer.
    await until("an update to be accepted", () =>
      setCart(host, own, { after: 1 }).then(
        () => true,
        () => false,
      ),
    )
    await until(
      "both members to see the cart",
      () => [host.sees, JSON.stringify(old.sees?.[0]?.content)].join() === 'Host {"after":1}, Old {},{"after":1}',
    )
    for (const cid of ["", "made-up", own.customerId]) {
      const { result } = await resRequest(product.nats, `access.${rid}`, { cid })
      expect(result.get, cid).to.equal(false)
    }
  })
})
