import { randomUUID } from "node:crypto"
import { expect } from "chai"
import type { Watcher } from "../../contract/watcher.ts"
import { useGateway } from "../helpers/gateway.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { type ClientCollection, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

describe("store.<shop_id>.watchers", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  it("shows the screens in the order of coming, their names and whether they are idle, until their connections end", async () => {
    const shopId = randomUUID()
    const rid = `store.${shopId}.watchers`
    const looks = (await newClient().get(rid)) as ClientCollection<Watcher>
    looks.on("add", () => {})
    const sees = (): string => [...looks].map(({ name, presence }) => `${name} ${presence}`).join(", ")
    expect(sees()).to.equal("")
    const [eva, nameless] = [newClient(), newClient()]
    const { id } = await eva.call<{ id: string }>(rid, "watch", { name: "Eva" })
    await nameless.call(rid, "watch")
    await until("both", () => sees() === "Eva here, null here")
    expect([...looks][0]?.id).to.equal(id)
    await eva.call(rid, "watch", { name: "Eva", idle: true })
    await until("Eva to be idle, in her place", () => sees() === "Eva idle, null here")
    expect((await get(`${gateway.url}/api/store/${shopId}/watchers`)).body).to.deep.equal([...looks])
    expect((await get(`${gateway.url}/api/store/${randomUUID()}/watchers`)).body).to.deep.equal([])
    eva.disconnect()
    await until("Eva to be gone", async () => {
      await nameless.call(rid, "watch")
      return sees() === "null here"
    })
  })

  it("sends no event while nobody has got it", async () => {
    const shopId = randomUUID()
    const events: string[] = []
    product.nats.subscribe(`event.store.${shopId}.>`, { callback: (_, { subject }) => void events.push(subject) })
    await product.nats.flush()
    const client = newClient()
    await client.call(`store.${shopId}.watchers`, "watch", { name: "Eva" })
    await client.call(`store.${shopId}.watchers`, "watch", { name: "Ann" })
    expect((await get(`${gateway.url}/api/store/${shopId}/watchers`)).body).to.have.length(1)
    await client.call(`store.${shopId}.watchers`, "watch", { name: "Eve" })
    await product.nats.flush()
    expect(events).to.deep.equal(["remove", "add"].map((event) => `event.store.${shopId}.watchers.${event}`))
  })

  it("refuses a name that cannot be shown", async () => {
    const refused = newClient().call(`store.${randomUUID()}.watchers`, "watch", { name: " " })
    const code = await refused.then(
      () => "accepted",
      (error: { code: string }) => error.code,
    )
    expect(code).to.equal("system.invalidParams")
  })
})
