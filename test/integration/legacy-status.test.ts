import { expect } from "chai"
import type { SessionMember } from "../../contract/session-members.ts"
import { useProduct } from "../helpers/product.ts"
import { useStorefronts } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

describe("the old protocol's additions for what a group has agreed on", () => {
  const product = useProduct()
  const openStorefront = useStorefronts(product)

  it("are sent to sockets that asked with watchStatus, and to no others", async () => {
    const ann = await openStorefront("with-status")
    const old = await openStorefront("with-status")
    ann.send("watchStatus")
    await ann.enter("startSession", { customerName: "Ann", client: "other" })
    await old.join("Old")
    const first = await ann.next("sessionStatus", 0)
    expect(first.status).to.include({ phase: "shopping", everybody_ready: false, locked_by: null })
    const both = await until("both members", () =>
      ann.messages.find(({ event, payload }) => event === "sessionStatus" && payload.members.length === 2),
    )
    expect(both.payload.members.map(({ name, client }: SessionMember) => `${name} ${client}`)).to.deep.equal([
      "Ann other",
      "Old storefront",
    ])

    const from = ann.messages.length
    ann.send("lockSession")
    expect(await ann.next("lockSession", from)).to.deep.equal({})
    const locked = await until("the lock", () =>
      ann.messages.find(({ event, payload }) => event === "sessionStatus" && payload.status.phase === "locked"),
    )
    expect(locked.payload.status.locked_by).to.equal("host")
    await ann.next("multicartUpdate", ann.events().indexOf("lockSession"))

    const update = { customerId: ann.customerId, cartContent: { items: [] } }
    const refused = ann.messages.length
    ann.send("updateCart", update)
    const error = await ann.next("error", refused)
    expect(error).to.include({ code: "session.locked", event: "updateCart" })
    expect(error.data).to.include({ by: "host", since: locked.payload.status.locked_at })
    const pinged = ann.messages.length
    ann.send("ping")
    expect(Date.parse((await ann.next("ping", pinged)).now)).to.be.closeTo(Date.now(), 60_000)

    const own = old.messages.length
    old.send("updateCart", { customerId: old.customerId, cartContent: { items: [1] } })
    expect(Object.keys(await old.next("error", own))).to.deep.equal(["code", "message"])
    old.send("ping")
    expect(await old.next("ping", own)).to.deep.equal({ isLive: true })
    expect(new Set(old.events())).to.deep.equal(new Set(["joinSession", "multicartUpdate", "error", "ping"]))
  })

  it("are refused to guests where only the host may ask, with the event that was refused", async () => {
    const ann = await openStorefront("host-rules")
    const bob = await openStorefront("host-rules")
    await ann.start("Ann")
    await bob.join("Bob")
    bob.send("watchStatus")
    for (const [event, payload] of [
      ["lockSession", undefined],
      ["setDeadline", { at: new Date(Date.now() + 60_000).toISOString() }],
      ["setSplit", { split: "evenly" }],
      ["shopAgain", undefined],
    ] as const) {
      const from = bob.messages.length
      bob.send(event, payload)
      expect(await bob.next("error", from), event).to.include({ code: "session.notHost", event })
    }
    const from = bob.messages.length
    bob.send("setDeadline", { at: "soon" })
    expect((await bob.next("error", from)).code).to.equal("system.invalidParams")
  })

  it("show a status that is loaded already at once, and again only when it has changed", async () => {
    const ann = await openStorefront("at-once")
    await ann.start("Ann")
    ann.send("watchStatus")
    await ann.next("sessionStatus", 0)
    const bob = await openStorefront("at-once")
    await bob.join("Bob")
    bob.send("watchStatus")
    await bob.next("sessionStatus", 0)
    const statuses = bob.messages.filter(({ event }) => event === "sessionStatus")
    expect(new Set(statuses.map((message) => JSON.stringify(message))).size).to.equal(statuses.length)
  })

  it("name the host to whoever may join, before that", async () => {
    const eve = await openStorefront("to-look")
    expect(await eve.refusal("lookSession")).to.equal("session.notStarted")
    const ann = await openStorefront("to-look")
    await ann.start("Ann")
    const from = eve.messages.length
    eve.send("lookSession")
    expect(await eve.next("lookSession", from)).to.deep.equal({ host: "Ann" })
    ann.send("createInvite", {})
    const { invite } = await ann.next("createInvite", 0)
    expect(await eve.refusal("lookSession")).to.equal("session.inviteNeeded")
    const invited = eve.messages.length
    eve.send("lookSession", { invite })
    expect(await eve.next("lookSession", invited)).to.deep.equal({ host: "Ann" })
    expect(eve.events(), "nothing else to a socket that only connected").to.deep.equal([
      "error",
      "lookSession",
      "error",
      "lookSession",
    ])
  })
})
