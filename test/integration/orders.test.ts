import { randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { BasketTask } from "../../contract/basket-work.ts"
import { STREAM } from "../../service/log/stream.ts"
import { partitionOf, workSubject } from "../../service/log/subjects.ts"
import { BUCKET } from "../../service/store/snapshots.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type ClientCollection, type ClientModel, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

/** What tests look at of a basket. */
interface Basket {
  readonly session_id: string
  readonly status: string
  readonly checkout_seq: number | null
  readonly checked_out_at: string | null
  readonly acknowledged_by: string | null
  readonly done_by: string | null
  readonly done_at: string | null
}

describe("a shop's orders", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  /** Publishes an event of a basket; resolves to its sequence. */
  const publish = async (shop_id: string, session_id: string, action: string, fields = {}): Promise<number> => {
    const event = publishEvent({ shop_id, session_id, action, ...fields })
    return Number((await post(`${product.edgeUrl}/publish/${shop_id}`, event)).headers.get("x-event-seq"))
  }
  const listOf = async (rid: string): Promise<string[]> => {
    const { result } = await resRequest(product.nats, `get.store.${rid}`)
    return result.collection.map((value: { rid: string }) => value.rid.split(".").at(-1))
  }
  const basketOf = async (shopId: string, sessionId: string): Promise<Basket | undefined> =>
    (await resRequest(product.nats, `get.store.${shopId}.basket.${sessionId}`)).result?.model
  const work = (shopId: string, sessionId: string, task: BasketTask, by = "Ann") =>
    resRequest(product.nats, `call.store.${shopId}.basket.${sessionId}.${task}`, { params: { by }, cid: "test" })

  it("are empty, with the abandoned baskets, for a shop that nobody has used", async () => {
    const shopId = randomUUID()
    expect(await listOf(`${shopId}.orders`)).to.deep.equal([])
    expect(await listOf(`${shopId}.abandoned`)).to.deep.equal([])
    expect((await resRequest(product.nats, "get.store.x.orders")).error?.code).to.equal("system.notFound")
    expect((await resRequest(product.nats, "get.store.x.abandoned")).error?.code).to.equal("system.notFound")
  })

  it("are added for watchers, the latest first, with their numbers, and removed when the shopper goes on", async () => {
    const [shopId, first, second] = [randomUUID(), randomUUID(), randomUUID()]
    const client = newClient()
    const orders = await client.get<ClientCollection<ClientModel<Basket>>>(`store.${shopId}.orders`)
    orders.on("add", () => {})
    const ids = (): string[] => [...orders].map(({ props }) => props.session_id)
    await publish(shopId, first, "ADD")
    await publish(shopId, second, "ADD")
    const number = await publish(shopId, first, "CHECKOUT")
    await until("the first order", () => ids().join() === first)
    expect([...orders][0]?.props).to.include({ status: "checked_out", checkout_seq: number, done_by: null })
    expect(Date.now() - Date.parse([...orders][0]?.props.checked_out_at ?? "")).to.be.within(-1000, 60_000)
    await publish(shopId, second, "CHECKOUT")
    await until("the second order in front", () => ids().join() === [second, first].join())
    // A repetition is no new order.
    await publish(shopId, first, "CHECKOUT")
    await publish(shopId, second, "ADD")
    await until("the second order to go", () => ids().join() === first)
    expect(await basketOf(shopId, first)).to.include({ checkout_seq: number })
    expect(await basketOf(shopId, second)).to.include({ checkout_seq: null, checked_out_at: null })
    const fresh = (await get(`${gateway.url}/api/store/${shopId}/orders`)).body
    expect(fresh).to.deep.equal([...orders].map(({ props }) => props))
  })

  it("end, for resclients who watch while orders pour in and are worked on, in what a fresh get gives", async () => {
    const shopId = randomUUID()
    const sessions = Array.from({ length: 20 }, () => randomUUID())
    const watched = await Promise.all(
      [1, 2].map(async () => {
        const orders = await newClient().get<ClientCollection<ClientModel<Basket>>>(`store.${shopId}.orders`)
        orders.on("add", () => {})
        return orders
      }),
    )
    const actions = ["ADD", "CHECKOUT", "acknowledge", "complete", "ADD", "CHECKOUT", "reopen", "complete", "release"]
    await Promise.all(
      sessions.map(async (session, n) => {
        for (const action of actions.slice(0, 4 + (n % 6))) {
          const task = BasketTask.options.find((each) => each === action)
          if (task === undefined) await publish(shopId, session, action)
          else expect((await work(shopId, session, task)).error).to.equal(undefined)
        }
      }),
    )
    for (const orders of watched) {
      await until("the copy to be what a fresh get gives", async () => {
        const fresh = (await get(`${gateway.url}/api/store/${shopId}/orders`)).body
        return isDeepStrictEqual(
          [...orders].map(({ props }) => props),
          fresh,
        )
      })
    }
  })

  it("are worked on by the staff: each call shows on other screens before it is answered", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    await publish(shopId, session, "ADD")
    const checkout_seq = await publish(shopId, session, "CHECKOUT")
    const rid = `store.${shopId}.basket.${session}`
    const [ann, bob] = [newClient(), newClient()]
    const seen = await bob.get<ClientModel<Basket>>(rid)
    seen.on("change", () => {})
    const call = (task: BasketTask, by: string) => ann.call<{ seq: number }>(rid, task, { by })
    await call("acknowledge", "Ann")
    await until("the claim", () => seen.props.acknowledged_by === "Ann")
    expect((await call("complete", "Bob")).seq).to.be.above(checkout_seq)
    await until("that it is done", () => seen.props.done_by === "Bob")
    expect(seen.props).to.include({ acknowledged_by: "Ann", status: "checked_out", checkout_seq })
    await call("reopen", "Ann")
    await until("that it is not done", () => seen.props.done_by === null && seen.props.done_at === null)
    await call("release", "Cem")
    await until("that nobody has it", () => seen.props.acknowledged_by === null)

    const events: string[] = []
    product.nats.subscribe(`event.${rid}.change`, { callback: (_, msg) => void events.push(msg.string()) })
    await product.nats.flush()
    await work(shopId, session, "complete")
    await work(shopId, session, "reopen")
    // On one connection what was sent before the answer came before it.
    await product.nats.flush()
    expect(events.map((event) => JSON.parse(event).values.done_by)).to.deep.equal(["Ann", null])
  })

  it("keep the work in the log, for a replay as for a snapshot", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    await publish(shopId, session, "ADD")
    await publish(shopId, session, "CHECKOUT")
    await work(shopId, session, "acknowledge")
    const { seq } = (await work(shopId, session, "complete", "Bob")).result
    const jsm = await jetstreamManager(product.nats)
    const stored = await jsm.direct.getMessage(STREAM, { seq })
    expect(stored?.subject).to.equal(workSubject(shopId))
    expect(stored?.json()).to.deep.equal({ session_id: session, by: "Bob", task: "complete" })
    const before = await basketOf(shopId, session)
    expect(before).to.include({ acknowledged_by: "Ann", done_by: "Bob" })
    await product.restartService()
    expect(await basketOf(shopId, session)).to.deep.equal(before)

    await post(`${product.edgeUrl}/publish/${shopId}`, publishEvents(1000, shopId))
    const kv = await new Kvm(product.nats).open(BUCKET)
    await until("a snapshot", async () => (await kv.get(`${partitionOf(shopId)}.${shopId}`))?.operation === "PUT")
    await product.restartService()
    expect(await basketOf(shopId, session)).to.deep.equal(before)
    expect(await listOf(`${shopId}.orders`)).to.include(session)
  })

  it("refuse work on a basket never seen, and without a name, and set aside work that nobody knows", async () => {
    const [shopId, session] = [randomUUID(), randomUUID()]
    await publish(shopId, session, "CHECKOUT")
    for (const task of BasketTask.options) {
      expect((await work(shopId, randomUUID(), task)).error?.code, task).to.equal("system.notFound")
      expect((await work(shopId, session, task, " ")).error?.code, task).to.equal("system.invalidParams")
    }
    const before = product.service.setAside
    product.nats.publish(workSubject(shopId), JSON.stringify({ session_id: session, by: "Eve", task: "refund" }))
    await until("it to be set aside", () => product.service.setAside === before + 1)
    expect(await basketOf(shopId, session)).to.include({ acknowledged_by: null, done_by: null })
  })

  it("are erased with their shopper, and with them what the staff did", async () => {
    const [shopId, session, other, person] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    for (const action of ["ADD", "CHECKOUT"]) await publish(shopId, session, action, { shopper_id: person })
    await publish(shopId, other, "CHECKOUT", { shopper_id: randomUUID() })
    for (const task of BasketTask.options) await work(shopId, session, task)
    await work(shopId, other, "complete")
    const orders = await newClient().get<ClientCollection<ClientModel<Basket>>>(`store.${shopId}.orders`)
    orders.on("remove", () => {})
    expect(orders).to.have.length(2)
    const { status, body } = await post(`${gateway.url}/api/shopwire/shoppers/erase`, { shopper_id: person })
    expect([status, body]).to.deep.equal([200, { ...body, stream: 2, acknowledgements: 4 }])
    await until("the order to go from open screens", () => orders.length === 1)
    expect([...orders][0]?.props).to.include({ session_id: other, done_by: "Ann" })
    const jsm = await jetstreamManager(product.nats)
    const left = await jsm.direct.getMessage(STREAM, { last_by_subj: workSubject(shopId) })
    expect(left?.json()).to.include({ session_id: other })
  })
})
