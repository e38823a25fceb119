import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import { SessionMember } from "../../contract/session-members.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { OldClient } from "../helpers/old-client.ts"
import { useProduct } from "../helpers/product.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

describe("session.<id>.members", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)
  const newSession = (): { id: string; rid: string } => {
    const id = `members-${randomUUID().slice(0, 8)}`
    return { id, rid: `session.${id}.multicart` }
  }
  const fresh = async (id: string): Promise<SessionMember[]> =>
    (await get(`${gateway.url}/api/session/${id}/members`)).body

  it("tells a story with an old client: all see the same after each step, and the old client nothing but its messages", async () => {
    const { id, rid } = newSession()
    const old = await OldClient.enter(product.edgeUrl, id, "Ann", false)
    const friend = newClient()
    const members = await friend.get<ClientCollection<SessionMember>>(`session.${id}.members`)
    members.on("add", () => {})
    const line = (): string =>
      [...members]
        .map(({ initials, is_host, is_ready, presence, client, colour }) =>
          [initials, is_host ? "host" : "guest", is_ready ? "ready" : "", presence, client, colour]
            .filter((part) => part !== "")
            .join(" "),
        )
        .join(", ")
    const sees = async (expected: string): Promise<void> => {
      await until(`${expected} (seen: ${line()})`, () => line() === expected)
      await until("a fresh get to be the same", async () =>
        isDeepStrictEqual(
          await fresh(id),
          [...members].map((member) => SessionMember.parse(member)),
        ),
      )
    }
    await sees("A host here storefront 0")
    const { customerId } = await friend.call<{ customerId: string }>(rid, "join", {
      customerName: "Ann",
      client: "widget",
    })
    await sees("A host here storefront 0, A2 guest here widget 1")
    await old.storefront.shows("Ann* Ann")

    const { since, version } = SessionMember.parse([...members][1])
    const messages = old.storefront.messages.length
    await friend.call(rid, "setIdle", { customerId, idle: true })
    await sees("A host here storefront 0, A2 guest idle widget 1")
    expect([...members][1]?.since).to.not.equal(since)
    await friend.call(rid, "setIdle", { customerId, idle: false })
    await sees("A host here storefront 0, A2 guest here widget 1")
    await friend.call(rid, "updateCart", { customerId, cartContent: { items: [1] } })
    await until("another version", () => [...members][1]?.version !== version)
    await friend.call(rid, "customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
    await sees("A host here storefront 0, A2 guest ready here widget 1")
    await old.storefront.shows("Ann* Ann+")
    expect(old.storefront.events().slice(messages)).to.deep.equal(["multicartUpdate", "multicartUpdate"])
    for (const { owner } of old.storefront.sees ?? [])
      expect(Object.keys(owner)).to.have.members(["id", "name", "isHost", "isReadyToCheckout"])

    await old.close()
    await sees("A host away storefront 0, A2 guest ready here widget 1")
    await friend.call(rid, "leave", { customerId })
    await sees("A host away storefront 0")
  })

  it("computes and sends nothing while nobody has got it", async () => {
    const { id, rid } = newSession()
    const events: string[] = []
    product.nats.subscribe(`event.session.${id}.>`, { callback: (_, { subject }) => void events.push(subject) })
    await product.nats.flush()
    const friend = newClient()
    const { customerId } = await friend.call<{ customerId: string }>(rid, "start", { customerName: "Ann" })
    await friend.call(rid, "setIdle", { customerId, idle: true })
    await product.nats.flush()
    expect(events.filter((subject) => /\.members?\./.test(subject))).to.deep.equal([])
    expect(await fresh(id)).to.have.length(1)
    await friend.call(rid, "setIdle", { customerId, idle: false })
    await product.nats.flush()
    expect(events.filter((subject) => /\.members?\./.test(subject))).to.deep.equal([
      `event.session.${id}.member.${customerId}.change`,
    ])
  })

  it("is for members only once the session is closed, and lets nobody say that another is idle", async () => {
    const { id, rid } = newSession()
    const [host, guest] = [newClient(), newClient()]
    const { customerId } = await host.call<{ customerId: string }>(rid, "start", { customerName: "Ann" })
    await guest.call(rid, "join", { customerName: "Bob" })
    const code = await guest.call(rid, "setIdle", { customerId, idle: true }).then(
      () => "accepted",
      (error: { code: string }) => error.code,
    )
    expect(code).to.equal("session.notYourCustomer")
    await host.call(rid, "createInvite")
    expect((await get(`${gateway.url}/api/session/${id}/members`)).status).to.equal(401)
    expect((await get(`${gateway.url}/api/session/${id}/member/${customerId}`)).status).to.equal(401)
    expect(await guest.get<ClientCollection<SessionMember>>(`session.${id}.members`)).to.have.length(2)
  })

  it("is empty for a session that nobody uses", async () => {
    expect(await fresh("nobody-here")).to.deep.equal([])
  })
})
