import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { OldClient } from "../helpers/old-client.ts"
import { useProduct } from "../helpers/product.ts"
import { resClient } from "../helpers/res-client.ts"
import type { SharedCart } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"
import { closeAfterEach } from "../helpers/use.ts"

describe("an old client, which waits until everyone whom it shows is ready", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  let id: string
  const opened = closeAfterEach<OldClient>((client) => client.close())

  beforeEach(() => {
    id = `old-${randomUUID().slice(0, 8)}`
  })

  async function enter(name: string, isGuest = true): Promise<OldClient> {
    return opened(await OldClient.enter(product.edgeUrl, id, name, isGuest))
  }

  const namesInRes = async (): Promise<string> =>
    ((await get(`${gateway.url}/api/session/${id}/multicart`)).body as SharedCart[])
      .map(({ owner }) => owner.name)
      .join(" ")

  it("opens the checkout of a host who clicked ready before the guests, with the last of them", async () => {
    const host = await enter("Host", false)
    const [first, second] = [await enter("First"), await enter("Second")]
    host.clickReady()
    await host.storefront.next("error", 0) // it takes no notice
    first.clickReady()
    await host.storefront.shows("Host* First+ Second")
    expect(host.canCheckout).to.equal(false)
    second.clickReady()
    await until("the checkout", () => host.canCheckout)
    expect(host.storefront.line).to.equal("Host*+ First+ Second+")

    const late = await enter("Late")
    await until("the checkout to close for a friend who came late", () => !host.canCheckout)
    late.clickReady()
    await until("the checkout to open again", () => host.canCheckout)
  })

  it("opens it when the last guest who was not ready leaves the page", async () => {
    const host = await enter("Host", false)
    const [ready, shopping] = [await enter("Ready"), await enter("Shopping")]
    ready.clickReady()
    host.clickReady()
    await host.storefront.shows("Host* Ready+ Shopping")
    await shopping.close()
    await until("the checkout, long before the guest is out", () => host.canCheckout)
    expect(await namesInRes()).to.equal("Host Ready Shopping")
  })

  it("opens it when a guest reloaded the page and is ready again, though its first self is not out yet", async () => {
    const host = await enter("Host", false)
    const guest = await enter("Guest")
    guest.clickReady()
    host.clickReady()
    await until("the checkout", () => host.canCheckout)

    const other = await enter("Other")
    await other.close()
    const again = await enter("Other")
    await host.storefront.shows("Host* Guest+ Other")
    again.clickReady()
    await until("the checkout again", () => host.canCheckout)
    expect(await namesInRes()).to.equal("Host Guest Other Other")
  })

  it("shows new clients absent members as before, and refuses them what is too early", async () => {
    const rid = `session.${id}.multicart`
    const client = resClient(gateway.wsUrl)
    const { customerId } = await client.call<{ customerId: string }>(rid, "start", { customerName: "New" })
    const guest = await enter("Guest")
    const refusal = await client
      .call(rid, "customerReadyToCheckout", { customerId, customerReadyToCheckout: true })
      .catch(({ code }: { code: string }) => code)
    expect(refusal).to.equal("session.guestsNotReady")
    guest.clickReady()
    await guest.storefront.shows("New* Guest+")
    await guest.close()
    const witness = await enter("Witness")
    await witness.storefront.shows("New* Guest+ Witness")
    expect(await namesInRes()).to.equal("New Guest Witness")
    client.disconnect()
  })
})
