import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

/** Calls of a gateway's connection that another service process has held up, so that later ones came before them. */
describe("calls of a session that arrive late", () => {
  const product = useProduct()

  /** A gateway with one connection, whose requests have numbers. */
  function connectionOf(sessionId: string, requester = `_INBOX.${randomUUID()}`) {
    const cid = randomUUID().replaceAll("-", "")
    return async (number: number, method: string, params: object) => {
      const answers: string[] = []
      const reply = `${requester}.n-${number.toString(36)}`
      const subscription = product.nats.subscribe(reply, { callback: (_, msg) => void answers.push(msg.string()) })
      const payload = JSON.stringify({ cid, params })
      product.nats.publish(`call.session.${sessionId}.multicart.${method}`, payload, { reply })
      const answer = await until(`the answer to ${method}`, () => answers[0])
      subscription.unsubscribe()
      return JSON.parse(answer) as {
        result: { customerId: string; resumeToken: string; n: number; isReadyToCheckout: boolean }
        error?: { code: string; data: unknown }
      }
    }
  }

  type Call = ReturnType<typeof connectionOf>

  const contentOf = async (id: string, customerId: string) =>
    (await resRequest(product.nats, `get.session.${id}.cart.${customerId}`)).result.model.content.data

  it("leave the cart and the flag as the later ones set them, and are answered as if they had come first", async () => {
    const id = randomUUID()
    const call = connectionOf(id)
    const { result } = await call(1, "start", { customerName: "Ann" })
    const { customerId } = result
    const first = await call(4, "updateCart", { customerId, cartContent: { n: 4 } })
    const late = await call(3, "updateCart", { customerId, cartContent: { n: 3 } })
    expect(late.result.n).to.equal(first.result.n)
    expect(await contentOf(id, customerId)).to.deep.equal({ n: 4 })
    await call(40, "updateCart", { customerId, cartContent: { n: 40 } })
    expect(await contentOf(id, customerId)).to.deep.equal({ n: 40 })

    const ready = (isReady: boolean) => ({ customerId, customerReadyToCheckout: isReady })
    await call(42, "customerReadyToCheckout", ready(true))
    expect((await call(41, "customerReadyToCheckout", ready(false))).result.isReadyToCheckout).to.equal(true)
    expect((await call(43, "customerReadyToCheckout", ready(false))).result.isReadyToCheckout).to.equal(false)
  })

  it("change nothing either when another process has the session by then", async () => {
    const id = randomUUID()
    const call = connectionOf(id)
    const { customerId } = (await call(1, "start", { customerName: "Ann" })).result
    await call(3, "updateCart", { customerId, cartContent: { n: 3 } })
    await call(5, "customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
    await product.restartService()
    await call(2, "updateCart", { customerId, cartContent: { n: 2 } })
    expect(await contentOf(id, customerId)).to.deep.equal({ n: 3 })
    const late = await call(4, "customerReadyToCheckout", { customerId, customerReadyToCheckout: false })
    expect(late.result.isReadyToCheckout).to.equal(true)
    expect((await call(0, "join", { customerName: "Ann" })).error?.code).to.equal("system.serviceUnavailable")
    await call(6, "updateCart", { customerId, cartContent: { n: 6 } })
    expect(await contentOf(id, customerId)).to.deep.equal({ n: 6 })
  })

  it("begin no session again that has ended since", async () => {
    const call = connectionOf(randomUUID())
    const { customerId } = (await call(2, "start", { customerName: "Ann" })).result
    await call(3, "leave", { customerId })
    expect((await call(1, "start", { customerName: "Ann" })).error?.code).to.equal("system.serviceUnavailable")
  })

  it("make no member of a connection that has entered since, whose member would leave", async () => {
    const id = randomUUID()
    const [host, guest] = [connectionOf(id), connectionOf(id)]
    await host(1, "start", { customerName: "Ann" })
    const { result } = await guest(3, "join", { customerName: "Bob" })
    const late = await guest(2, "join", { customerName: "Bob" })
    expect(late.error).to.deep.include({ code: "system.serviceUnavailable", data: { tried: false } })
    const { customerId } = result
    expect((await guest(4, "updateCart", { customerId, cartContent: { n: 1 } })).error).to.equal(undefined)
  })

  it("do not bring a member back to a connection that its client has given up for another one", async () => {
    const id = randomUUID()
    const gateway = `_INBOX.${randomUUID()}`
    const [first, second, third] = [1, 2, 3].map(() => connectionOf(id, gateway)) as [Call, Call, Call]
    const { customerId, resumeToken } = (await first(1, "start", { customerName: "Ann" })).result
    await third(3, "resume", { customerId, resumeToken })
    const late = await second(2, "resume", { customerId, resumeToken })
    expect(late.error?.code).to.equal("system.serviceUnavailable")
    expect((await third(4, "updateCart", { customerId, cartContent: { n: 1 } })).error).to.equal(undefined)
  })

  it("of several gateways count in the order in which they come", async () => {
    const id = randomUUID()
    const [host, guest] = [connectionOf(id), connectionOf(id)]
    await host(9, "start", { customerName: "Ann" })
    expect((await guest(1, "join", { customerName: "Bob" })).error).to.equal(undefined)
  })
})
