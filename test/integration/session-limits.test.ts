import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import { Bucket } from "../../service/jetstream/bucket.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { partitionOf } from "../../service/log/subjects.ts"
import { Currencies } from "../../service/session/currencies.ts"
import { BUCKET, SessionStore } from "../../service/session/session-store.ts"
import { type SessionEventSenders, Sessions } from "../../service/session/sessions.ts"
import { useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { MemoryLogger } from "../helpers/memory-logger.ts"
import { serviceOptions, useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

const KIB = 1024
const MIB = 1024 * KIB

/** Nested this deep, with the cart itself. */
function nested(levels: number): string {
  return `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`
}

describe("all sessions together", () => {
  const product = useProduct({ sessions: { maxBytes: 2 * MIB } })

  it("take a bounded part of the disk: nobody can start when it is used, and those who are in go on", async () => {
    const cartContent = { text: "x".repeat(200 * KIB) }
    const hosts: Storefront[] = []
    const last = await until("a start to be refused", async () => {
      const host = await Storefront.open(product.edgeUrl, `full-${randomUUID().slice(0, 8)}`)
      host.send("startSession", { customerName: "Host" })
      await until("an answer", () => host.messages.length > 0)
      const [{ event, payload } = { event: "", payload: {} }] = host.messages
      if (event === "error") return { host, code: payload.code }
      Object.assign(host, payload)
      hosts.push(host)
      const from = host.messages.length
      host.send("updateCart", { customerId: host.customerId, cartContent })
      await until("the cart's answer", () => host.messages.length > from)
      return undefined
    })
    expect(last.code).to.equal("session.tooMany")
    const { bytes } = (await (await jetstreamManager(product.nats)).streams.info("KV_sessions")).state
    expect(bytes).to.be.at.most(2 * MIB)

    const [host] = hosts
    if (host === undefined) throw new Error("nobody could start")
    host.send("customerReadyToCheckout", { customerId: host.customerId, customerReadyToCheckout: true })
    await host.shows("Host*+")
    host.send("updateCart", { customerId: host.customerId, cartContent: { small: true } })
    await until("a smaller cart", () => JSON.stringify(host.sees?.[0]?.content) === '{"small":true}')
    for (const each of hosts) each.send("leaveSession")
    await until("a start when others have left", async () => {
      last.host.send("startSession", { customerName: "Late" })
      return last.host.sees !== undefined
    })
    await Promise.all([...hosts, last.host].map((each) => each.close()))
  })

  /** Sessions with a connection of their own, as in another process. */
  async function openSessions(memoryBytes: number, maxBytes = 64 * MIB) {
    const nats: NatsConnection = await connect({ servers: product.natsServer.url })
    const js = new JetStream(nats)
    const store = new SessionStore(js, serviceOptions.sessions.idleMs, maxBytes)
    await store.open()
    const sessions = new Sessions(store, {
      idleMs: 60_000,
      memoryBytes,
      isOwned: () => true,
      currencies: new Currencies(async () => null),
      logger: silentLogger,
    })
    return { sessions, store, bucket: new Bucket(js, BUCKET), close: () => nats.close() }
  }

  const list = { add: () => {}, remove: () => {}, event: () => {} }
  const events = {
    reset: () => {},
    multicart: list,
    present: list,
    cart: () => ({ change: () => {} }),
  } as unknown as SessionEventSenders
  const newcomer = {
    id: "host",
    name: "Host",
    cid: "c",
    resumeHash: "",
    at: 0,
    invite: undefined,
    client: "other" as const,
  }

  it("are not kept as they were read or stored before they were dropped, for another process may have written them", async () => {
    const [ours, theirs] = [await openSessions(MIB), await openSessions(MIB)]
    const guest = (id: string) => ({ ...newcomer, id, name: id, cid: id })
    const membersOf = async ({ sessions }: typeof ours) => (await sessions.get("moved"))?.members.map(({ id }) => id)
    await theirs.sessions.execute("moved", { type: "start", newcomer }, events)

    const reading = ours.sessions.get("moved")
    ours.sessions.dropWhere(() => true)
    await reading
    await theirs.sessions.execute("moved", { type: "join", newcomer: guest("ann") }, events)
    expect(await membersOf(ours)).to.deep.equal(["host", "ann"])

    const storing = ours.sessions.execute("moved", { type: "join", newcomer: guest("bob") }, events)
    ours.sessions.dropWhere(() => true)
    await storing
    theirs.sessions.dropWhere(() => true)
    await theirs.sessions.execute("moved", { type: "leave", id: "ann" }, events)
    expect(await membersOf(ours)).to.deep.equal(["host", "bob"])
    await Promise.all([ours.close(), theirs.close()])
  })

  it("are not refused because there is no room to write unchanged keys again, which the next command tries", async () => {
    const { sessions, store, close } = await openSessions(MIB)
    await sessions.execute("tight", { type: "start", newcomer }, events)
    const { bytes } = (await (await jetstreamManager(product.nats)).streams.info("KV_sessions")).state
    const tight = await openSessions(MIB, bytes)
    // A single nats-server has room for a value that is not larger than the one before, so this one is larger.
    const { session, revisions } = await store.load("tight")
    if (session === undefined) throw new Error("no session")
    const refreshed = await store.refresh("tight", { session: { ...session, shopId: "x".repeat(500) }, revisions })
    expect(refreshed.isComplete).to.equal(false)
    const wide = await openSessions(MIB)
    expect(await store.refresh("tight", refreshed)).to.include({ isComplete: true })
    await Promise.all([close(), tight.close(), wide.close()])
  })

  it("are due no more when nobody has used them for so long that they are deleted", async () => {
    const { sessions, bucket, close } = await openSessions(KIB)
    const at = Date.now()
    await sessions.execute("over", { type: "start", newcomer }, events)
    await sessions.execute("over", { type: "setDeadline", by: "host", deadline: at + 60_000, at }, events)
    for (const id of ["other-1", "other-2", "other-3"]) await sessions.execute(id, { type: "start", newcomer }, events)
    expect([...sessions.loaded.keys()]).to.not.include("over")
    expect(sessions.due(at + 60_000)).to.deep.equal(["over"])
    await bucket.purge(`${partitionOf("over")}.over.state`)
    await sessions.execute("over", { type: "tick", at: at + 60_000 }, events)
    expect(sessions.due(at + 60_000)).to.deep.equal([])
    await close()
  })

  it("take a bounded part of the memory: those used least recently leave it, and are there when asked for", async () => {
    const { sessions, close } = await openSessions(MIB)
    const content = { text: "x".repeat(100 * KIB) }
    const ids = Array.from({ length: 30 }, (_, i) => `many-${i}`)
    for (const id of ids) {
      await sessions.execute(id, { type: "start", newcomer }, events)
      await sessions.execute(id, { type: "updateCart", id: "host", content }, events)
      expect(sessions.bytes).to.be.at.most(MIB)
    }
    expect(sessions.loaded.size).to.be.within(5, 10)
    expect([...sessions.loaded.keys()]).to.deep.equal(ids.slice(-sessions.loaded.size))
    await sessions.get(ids.at(-3) ?? "")
    expect([...sessions.loaded.keys()].at(-1)).to.equal(ids.at(-3))
    for (const id of ids) expect((await sessions.get(id))?.members[0]?.content).to.deep.equal(content)
    await sessions.execute("many-0", { type: "leave", id: "host" }, events)
    expect(sessions.bytes).to.be.at.most(MIB)
    expect(await sessions.get("many-0")).to.equal(undefined)
    await close()
  })
})

describe("a cart that nests deeply", () => {
  const logger = new MemoryLogger()
  const product = useProduct({ logger })
  const gateway = useGateway(product)

  it("is refused at every door, by name and without an error in the log; one of 100 levels is taken", async () => {
    const id = `deep-${randomUUID().slice(0, 8)}`
    const host = await Storefront.open(product.edgeUrl, id)
    const { customerId } = await host.start("Host")
    for (const levels of [101, 5000, 40_000]) {
      const params = `{"customerId":"${customerId}","cartContent":${nested(levels)}}`
      const from = host.messages.length
      host.webSocket.send(`{"event":"updateCart","payload":${params}}`)
      expect((await host.next("error", from)).code, `${levels} levels at the old socket`).to.equal(
        "system.invalidParams",
      )
      const call = `call.session.${id}.multicart.updateCart`
      const { error } = await resRequest(product.nats, call, `{"cid":"x","params":${params}}`)
      expect(error?.code, `${levels} levels`).to.equal("system.invalidParams")
      const over = await post(`${gateway.url}/api/session/${id}/multicart/updateCart`, params)
      expect([over.status, over.body.code], `${levels} levels at the gateway`).to.deep.equal([
        400,
        "system.invalidParams",
      ])
    }
    host.webSocket.send(`{"event":"updateCart","payload":{"customerId":"${customerId}","cartContent":${nested(100)}}}`)
    await until("the cart", () => JSON.stringify(host.sees?.[0]?.content) === nested(100))
    const answer = await resRequest(product.nats, `get.session.${id}.multicart`)
    expect(answer.result.collection).to.have.length(1)
    expect(logger.messages("error")).to.deep.equal([])
    expect(logger.messages("debug")).to.include("a request was refused")
    expect(logger.lines.filter((line) => line.includes(id) && !line.startsWith('{"level":"trace"'))).to.deep.equal([])
    await host.close()
  })
})
